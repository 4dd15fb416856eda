import type { Hex } from 'viem'

// Hex to bytes and back, without a check of what was checked before: inner loops run it millions of times.

const DIGITS = Uint8Array.from('0123456789abcdef', (letter) => letter.charCodeAt(0))
const ascii = new TextDecoder('latin1')
let letters = new Uint8Array(2 + 2 * 64)

/**
 * `bytes[from..from + length)` as lower-case hex. Decoded at once: a text put together piece by piece holds on to its pieces, ten
 * times the memory.
 */
export function hexOf(bytes: Uint8Array, from = 0, length = bytes.length - from): Hex {
  const size = 2 + 2 * length
  if (letters.length < size) letters = new Uint8Array(size)
  letters[0] = DIGITS[0] ?? 0
  letters[1] = 'x'.charCodeAt(0)
  for (let index = 0; index < length; index++) {
    const byte = bytes[from + index] ?? 0
    letters[2 + 2 * index] = DIGITS[byte >> 4] ?? 0
    letters[3 + 2 * index] = DIGITS[byte & 15] ?? 0
  }
  // CAST: it was just written so.
  return ascii.decode(letters.subarray(0, size)) as Hex
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
