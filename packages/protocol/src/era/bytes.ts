import type { Hex } from 'viem'

// Hex to bytes and back, without a check of what was checked before: inner loops run it millions of times.

const DIGITS = '0123456789abcdef'
const PAIRS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `${DIGITS[byte >> 4] ?? ''}${DIGITS[byte & 15] ?? ''}`,
)

/** `bytes[from..from + length)` as lower-case hex. */
export function hexOf(bytes: Uint8Array, from = 0, length = bytes.length - from): Hex {
  let text = ''
  for (let index = from; index < from + length; index++) text += PAIRS[bytes[index] ?? 0]
  return `0x${text}`
}

/** Writes the bytes of well-formed hex to `target` at `at`; returns how many. Either case. */
export function writeHex(hex: Hex, target: Uint8Array, at: number): number {
  const length = (hex.length - 2) >> 1
  for (let index = 0; index < length; index++)
    target[at + index] = (digit(hex.charCodeAt(2 + 2 * index)) << 4) | digit(hex.charCodeAt(3 + 2 * index))
  return length
}

/** Order of `a[atA..]` and `b[atB..]` over `length` bytes: below, at or above 0. */
export function compareBytes(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): number {
  for (let index = 0; index < length; index++) {
    const difference = (a[atA + index] ?? 0) - (b[atB + index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function digit(code: number): number {
  return (code & 15) + (code > 57 ? 9 : 0)
}
