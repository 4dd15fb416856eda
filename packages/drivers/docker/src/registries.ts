import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { TenderError } from '@tender/protocol'
import { InvalidImageError } from './scanImage.ts'

/** Docker's own name for what its host really is called. */
const DOCKER_HUB = 'docker.io'

const closed = new BlockList()
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  closed.addSubnet(address, bits, 'ipv4')

/**
 * The engine fetches images from the host's own network, where a tenant has no business: a registry must have a public name.
 *
 * @throws {InvalidImageError} it is in this host's network; {TenderError} `imageUnreachable` it cannot be found
 *
 * @example
 * await checkRegistry('ghcr.io/org/app:1', [], signal)
 */
export async function checkRegistry(reference: string, allowed: readonly string[], signal: AbortSignal): Promise<void> {
  const authority = reference.slice(0, Math.max(reference.indexOf('/'), 0))
  if (authority === DOCKER_HUB || allowed.includes(authority)) return
  const host = authority.replace(/:\d+$/, '')
  const inside = new InvalidImageError(`${authority || reference} is no public registry`)
  if (isIP(host) || !host.includes('.')) throw inside
  const found = await lookup(host, { all: true }).catch((error: unknown) => {
    throw new TenderError(`the registry ${host} cannot be found`, {
      code: 'imageUnreachable',
      class: 'network',
      cause: error,
    })
  })
  signal.throwIfAborted()
  // Public registries have addresses of version 4; whoever has only others could hide a private one among them.
  const addresses = found.filter(({ family }) => family === 4).map(({ address }) => address)
  if (addresses.length === 0 || addresses.some((address) => closed.check(address, 'ipv4'))) throw inside
}
