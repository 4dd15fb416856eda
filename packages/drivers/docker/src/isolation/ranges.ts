import { isIPv4 } from 'node:net'
import { TenderError } from '@tender/protocol'

/** Addresses of IPv4 as numbers, both ends included. */
export type Range = { readonly first: number; readonly last: number }

/**
 * Reads `10.213.0.0/16`, or an address within it (host bits are dropped).
 *
 * @throws {TenderError} `badRange`
 */
export function parseRange(text: string): Range {
  const [address = '', bits = ''] = text.split('/')
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32)
    throw new TenderError(`${text} is not a range of IPv4 such as 10.213.0.0/16`, { code: 'badRange', class: 'user' })
  const size = 2 ** (32 - Number(bits))
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const first = Math.floor(number / size) * size
  return { first, last: first + size - 1 }
}

/** The address in dotted form. */
export function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}

/** True if they have an address in common. */
export function overlap(one: Range, other: Range): boolean {
  return one.first <= other.last && other.first <= one.last
}
