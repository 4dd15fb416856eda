/** Networks, to ask whether an address is in one of them. Node's own `BlockList` is not in pages. */
export type IpRanges = { has(host: string): boolean }

/**
 * The networks that are written as `address/prefix`; what is no such network is passed over.
 *
 * @example
 * ipRanges(['10.0.0.0/8', 'fe80::/10']).has('10.1.2.3') // true
 */
export function ipRanges(written: readonly string[]): IpRanges {
  const ranges = written.flatMap((range) => {
    const [host = '', prefix] = range.split('/')
    const bytes = ipBytes(host)
    return bytes ? [{ bytes, bits: Number(prefix) }] : []
  })
  return {
    has(host) {
      const asked = ipBytes(host)
      return asked !== undefined && ranges.some(({ bytes, bits }) => isWithin(asked, bytes, bits))
    },
  }
}

/** Whether this is an IP address and no name. */
export function isIp(host: string): boolean {
  return ipBytes(host) !== undefined
}

function isWithin(host: readonly number[], net: readonly number[], bits: number): boolean {
  if (host.length !== net.length) return false
  return net.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * index))
    const mask = 0xff & (0xff << (8 - kept))
    return (byte & mask) === ((host[index] ?? 0) & mask)
  })
}

/** 4 or 16 bytes; an IPv4 address in IPv6's notation is one of IPv4. */
function ipBytes(host: string): number[] | undefined {
  const v4 = ipv4Bytes(host)
  if (v4 || !host.includes(':')) return v4
  const bytes = ipv6Bytes(host)
  const isMapped = bytes?.slice(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 0xff))
  return isMapped ? bytes?.slice(12) : bytes
}

function ipv4Bytes(host: string): number[] | undefined {
  if (!/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(host)) return undefined
  const bytes = host.split('.').map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

function ipv6Bytes(host: string): number[] | undefined {
  const [address = ''] = host.split('%')
  const [head = '', tail, more] = address.split('::')
  const [first, last] = [groupBytes(head), groupBytes(tail ?? '')]
  if (!first || !last || more !== undefined) return undefined
  const missing = 16 - first.length - last.length
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined
  return [...first, ...Array.from({ length: missing }, () => 0), ...last]
}

/** Of `2001:db8` or `ffff:10.0.0.1`. */
function groupBytes(groups: string): number[] | undefined {
  if (groups === '') return []
  const written = groups.split(':')
  const bytes: number[] = []
  for (const [index, group] of written.entries()) {
    const dotted = index === written.length - 1 ? ipv4Bytes(group) : undefined
    if (!dotted && !/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
    const word = Number.parseInt(group, 16)
    bytes.push(...(dotted ?? [word >> 8, word & 0xff]))
  }
  return bytes
}
