/** Binary digits after the point of {@link negativeLog}. */
const LOG_BITS = 24
const TABLE_BITS = 10
const REST_BITS = 31 - TABLE_BITS
/** Digits after the point while the table is made. */
const WORK_BITS = 60n

let table: Uint32Array | undefined

/**
 * `-log2((u + 1) / 2^32)` in units of 2^-24, of `u` in 0 to 2^32 - 1: at most 2^29, the same integer on every machine. A table of
 * 1,024 places and a straight line between them; it is at most 5 units off.
 */
export function negativeLog(u: number): number {
  table ??= logTable()
  const value = u + 1
  const exponent = value > 0xffffffff ? 32 : 31 - Math.clz32(value)
  const mantissa = exponent === 32 ? 0 : (value << (31 - exponent)) & 0x7fffffff
  const place = mantissa >>> REST_BITS
  const below = table[place] ?? 0
  const step = (table[place + 1] ?? 0) - below
  const rest = mantissa & (2 ** REST_BITS - 1)
  return (32 - exponent) * 2 ** LOG_BITS - below - Math.floor((step * rest) / 2 ** REST_BITS)
}

/** `log2(1 + i / 1024)` for i from 0 to 1,024, in units of 2^-24, rounded down. */
export function logTable(): Uint32Array {
  return Uint32Array.from({ length: 2 ** TABLE_BITS + 1 }, (_, index) =>
    index === 2 ** TABLE_BITS ? 2 ** LOG_BITS : logOf(BigInt(2 ** TABLE_BITS + index)),
  )
}

/** Digit by digit: squaring a number doubles its logarithm, whose next digit is whether the square reached 2. */
function logOf(numerator: bigint): number {
  let value = numerator << (WORK_BITS - BigInt(TABLE_BITS))
  let digits = 0
  for (let index = 0; index < LOG_BITS; index++) {
    value = (value * value) >> WORK_BITS
    const carry = value >> (WORK_BITS + 1n) > 0n
    digits = digits * 2 + (carry ? 1 : 0)
    if (carry) value >>= 1n
  }
  return digits
}
