/** Groups of 16 bits of an IPv6 address, and those that name a network: a household has as many addresses in one as it likes. */
const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * Whom a connection is counted for: an IPv4 address, or an IPv6 network of 64 bits.
 *
 * @example
 * clientOf('::ffff:203.0.113.7') // '203.0.113.7'
 * clientOf('2001:db8::7') // '2001:db8:0:0'
 */
export function clientOf(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail = ''] = plain.split('::')
  const [first, last] = [head, tail].map((part) => part.split(':').filter((group) => group !== ''))
  const known = [...(first ?? []), ...(last ?? [])].length
  const zeros = plain.includes('::') ? Array.from({ length: GROUPS - known }, () => '0') : []
  return [...(first ?? []), ...zeros, ...(last ?? [])].slice(0, NETWORK_GROUPS).join(':')
}
