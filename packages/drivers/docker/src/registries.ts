import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { BlockList, isIP } from 'node:net'
import { TenderError } from '@tender/protocol'
import { InvalidImageError } from './scanImage.ts'

/** Docker's own name for what its host really is called. */
const DOCKER_HUB = 'docker.io'

/** For one try at one name server. */
const LOOKUP_MS = 3_000

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
  signal.throwIfAborted()
  if ((await localNames()).has(host.toLowerCase())) throw inside
  const addresses = await addressesOf(host, signal)
  if (addresses.length === 0 || addresses.some((address) => closed.check(address, 'ipv4'))) throw inside
}

/** Public registries have addresses of version 4; whoever has only others could hide a private one among them. */
async function addressesOf(host: string, signal: AbortSignal): Promise<string[]> {
  // Not the system's own lookup: that holds one of a few threads for as long as a stranger's name server likes.
  const resolver = new Resolver({ timeout: LOOKUP_MS, tries: 2 })
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await resolver.resolve4(host)
  } catch (error) {
    signal.throwIfAborted()
    throw new TenderError(`the registry ${host} cannot be found`, {
      code: 'imageUnreachable',
      class: 'network',
      cause: error,
    })
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** Names that this host gives addresses to by itself, its own name first of all. */
async function localNames(): Promise<ReadonlySet<string>> {
  const text = await readFile('/etc/hosts', 'utf8').catch(() => '')
  const rows = text.split('\n').map((line) => line.replace(/#.*$/, '').trim().toLowerCase().split(/\s+/))
  return new Set(rows.flatMap(([, ...names]) => names))
}
