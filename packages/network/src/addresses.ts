import type { Multiaddr } from '@multiformats/multiaddr'
import { type IpRanges, ipRanges, isIp } from './ipRanges.ts'

/** Most addresses of one peer that are told or tried. */
export const MAX_ADDRESSES = 8

/** Most relays of one peer that are told. */
export const MAX_RELAYS = 4

/** Where an address leads. `near`: to a network that this host is on. `far`: to somebody else's private network. */
export type Reach = 'public' | 'near' | 'loopback' | 'relayed' | 'far'

const loopback = ipRanges(['127.0.0.0/8', '::1/128'])

/** RFC 1918, 3927, 6598; 4193, 4291: nobody reaches these from elsewhere. */
const privateRanges = ipRanges([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
  'fe80::/10',
])

/** Of who is on no network of its own, as far as can be told. */
export const noNetworks: IpRanges = { has: () => false }

/** Where an address leads, seen from a host that is on the networks of `own`. */
export function reachOf(address: Multiaddr, own: IpRanges = noNetworks): Reach {
  const components = address.getComponents()
  if (components.some(({ name }) => name === 'p2p-circuit')) return 'relayed'
  const host = components[0]?.value ?? ''
  if (!isIp(host)) return 'public' // a name
  if (loopback.has(host)) return 'loopback'
  if (!privateRanges.has(host)) return 'public'
  return own.has(host) ? 'near' : 'far'
}

/** The order in which addresses are dialled: what may only time out comes after the relay that works. */
const dialOrder: readonly Reach[] = ['near', 'public', 'loopback', 'relayed', 'far']

/** Orders two of the addresses that libp2p is about to dial; it tries one after the other. */
export function compareForDialling(
  a: { multiaddr: Multiaddr },
  b: { multiaddr: Multiaddr },
  own: IpRanges = noNetworks,
): -1 | 0 | 1 {
  const rank = ({ multiaddr }: { multiaddr: Multiaddr }) => dialOrder.indexOf(reachOf(multiaddr, own))
  if (rank(a) === rank(b)) return 0
  return rank(a) < rank(b) ? -1 : 1
}

/**
 * What others are told of where to reach a peer, at most {@link MAX_ADDRESSES}: direct addresses first, public before private
 * ones, with room kept for its relays. Loopback ones only if there is nothing else.
 */
export function addressesToTell(direct: readonly Multiaddr[], relayed: readonly Multiaddr[]): Multiaddr[] {
  const isPublic = (address: Multiaddr) => reachOf(address) === 'public'
  const elsewhere = direct.filter((address) => reachOf(address) !== 'loopback')
  const useful = elsewhere.length > 0 || relayed.length > 0 ? elsewhere : direct
  const sorted = [...useful.filter(isPublic), ...useful.filter((address) => !isPublic(address))]
  const relays = relayed.slice(0, MAX_RELAYS)
  return [...sorted.slice(0, MAX_ADDRESSES - relays.length), ...relays]
}
