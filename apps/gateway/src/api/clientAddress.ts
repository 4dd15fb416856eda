import type { Context } from 'hono'

/** What of a connection's other end is told by Node. */
export type Connected = { incoming: { socket: { remoteAddress?: string | undefined } } }

/** The client of a request, see {@link clientOf}. */
export function clientAddress(http: Context<{ Bindings: Partial<Connected> }>, trusted: ReadonlySet<string>): string {
  return clientOf(http.env?.incoming?.socket.remoteAddress, http.req.header('x-forwarded-for'), trusted)
}

/**
 * The client's address: the connection's, or the one that a trusted proxy at the connection's other end names last. Of IPv6 only the
 * /64 counts, since one client has all of it.
 *
 * @example
 * clientOf('::ffff:203.0.113.7', undefined, trusted) // '203.0.113.7'
 */
export function clientOf(
  remoteAddress: string | undefined,
  forwardedFor: string | undefined,
  trusted: ReadonlySet<string>,
): string {
  const direct = plain(remoteAddress ?? 'unknown')
  if (!trusted.has(direct)) return counted(direct)
  const named = forwardedFor?.split(',').at(-1)?.trim()
  return counted(named ? plain(named) : direct)
}

/** An IPv4 address in IPv6's clothes is the same client. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

function counted(address: string): string {
  if (!address.includes(':')) return address.slice(0, 64)
  const [head = '', tail] = address.toLowerCase().split('::')
  const before = head.split(':').filter((part) => part !== '')
  const after = (tail ?? '').split(':').filter((part) => part !== '')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':').slice(0, 64)
}
