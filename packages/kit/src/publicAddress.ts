import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { TenderError } from '@tender/protocol'

/**
 * Resolves names to public addresses only. Checked at the connection itself, since a name may mean another address the second
 * time it is asked for; an address that stands in a URL is no name, and for {@link isPublicAddress} to judge.
 *
 * @throws {TenderError} by its callback: `privateAddress`
 * @example
 * http.get({ host, lookup: lookupPublic })
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, [])
    const [first, ...others] = found.filter(({ address }) => isPublicAddress(address))
    if (!first) callback(privateAddress(hostname), [])
    else if (options.all) callback(null, [first, ...others])
    else callback(null, first.address, first.family)
  })
}

const closed = new BlockList()
for (const [net, prefix] of [
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
] as const) {
  closed.addSubnet(net, prefix, 'ipv4')
}
/** All that is routed today. 2002::/16 leads to any IPv4 address. */
const routed = new BlockList()
routed.addSubnet('2000::', 3, 'ipv6')
const tunnels = new BlockList()
tunnels.addSubnet('2002::', 16, 'ipv6')

/** Whether an IP address is in the public internet: a stranger's word must not make this machine knock on doors of its own network. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !closed.check(address, 'ipv4')
  return routed.check(address, 'ipv6') && !tunnels.check(address, 'ipv6')
}

/** What is thrown for a host that is not. */
export function privateAddress(host: string): TenderError {
  return new TenderError(`${host} is not in the public internet`, { code: 'privateAddress', class: 'denied' })
}
