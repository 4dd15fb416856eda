import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Most addresses of one peer that are told or tried. */
export const MAX_ADDRESSES = 8

/** Most relays of one peer that are told. */
export const MAX_RELAYS = 4

/** Where an address leads. `near`: to a network that this host is on. `far`: to somebody else's private network. */
export type Reach = 'public' | 'near' | 'loopback' | 'relayed' | 'far'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** RFC 1918, 3927, 6598; 4193, 4291: nobody reaches these from elsewhere. */
const privateRanges = new BlockList()
for (const [range, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  privateRanges.addSubnet(range, prefix)
}
privateRanges.addSubnet('fc00::', 7, 'ipv6')
privateRanges.addSubnet('fe80::', 10, 'ipv6')

/** Where an address leads, seen from a host that is on the networks of `own`. */
export function reachOf(address: Multiaddr, own: BlockList = ownNetworks()): Reach {
  const components = address.getComponents()
  if (components.some(({ name }) => name === 'p2p-circuit')) return 'relayed'
  const host = components[0]?.value ?? ''
  const family = isIPv6(host) ? 'ipv6' : 'ipv4'
  if (!isIPv4(host) && !isIPv6(host)) return 'public' // a name
  if (loopback.check(host, family)) return 'loopback'
  if (!privateRanges.check(host, family)) return 'public'
  return own.check(host, family) ? 'near' : 'far'
}

/** The networks that this host has an address in, as of now. */
function ownNetworks(): BlockList {
  const own = new BlockList()
  for (const { cidr, family } of Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])) {
    const [host, prefix] = cidr?.split('/') ?? []
    if (host && prefix) own.addSubnet(host, Number(prefix), family === 'IPv6' ? 'ipv6' : 'ipv4')
  }
  return own
}

/** The order in which addresses are dialled: what may only time out comes after the relay that works. */
const dialOrder: readonly Reach[] = ['near', 'public', 'loopback', 'relayed', 'far']

/** Orders two of the addresses that libp2p is about to dial; it tries one after the other. */
export function compareForDialling(a: { multiaddr: Multiaddr }, b: { multiaddr: Multiaddr }): -1 | 0 | 1 {
  const own = ownNetworks()
  const rank = ({ multiaddr }: { multiaddr: Multiaddr }) => dialOrder.indexOf(reachOf(multiaddr, own))
  if (rank(a) === rank(b)) return 0
  return rank(a) < rank(b) ? -1 : 1
}

/**
 * What others are told of where to reach a peer, at most {@link MAX_ADDRESSES}: direct addresses first, public before private
 * ones, with room kept for its relays. Loopback ones only if there is nothing else.
 */
export function addressesToTell(direct: readonly Multiaddr[], relayed: readonly Multiaddr[]): Multiaddr[] {
  const own = new BlockList()
  const reach = (address: Multiaddr) => reachOf(address, own)
  const isPublic = (address: Multiaddr) => reach(address) === 'public'
  const elsewhere = direct.filter((address) => reach(address) !== 'loopback')
  const useful = elsewhere.length > 0 || relayed.length > 0 ? elsewhere : direct
  const sorted = [...useful.filter(isPublic), ...useful.filter((address) => !isPublic(address))]
  const relays = relayed.slice(0, MAX_RELAYS)
  return [...sorted.slice(0, MAX_ADDRESSES - relays.length), ...relays]
}
