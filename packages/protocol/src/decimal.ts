import { InvalidInputError } from './errors.ts'

/** An exact non-negative decimal number: `digits / 10 ** scale`. */
export type Decimal = { digits: bigint; scale: number }

/** Reads plain decimal notation such as `1`, `0.02` or `.5`; `undefined` for anything else. At most 30 digits each side. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^(\d{0,30})(?:\.(\d{1,30}))?$/.exec(text)
  const whole = match?.[1] ?? ''
  const fraction = match?.[2] ?? ''
  if (!match || whole + fraction === '') return undefined
  return { digits: BigInt(whole + fraction), scale: fraction.length }
}

/** A decimal times `10 ** decimals` as an integer; `undefined` if that is not whole. */
export function scaleExactly({ digits, scale }: Decimal, decimals: number): bigint | undefined {
  if (decimals >= scale) return digits * 10n ** BigInt(decimals - scale)
  const divisor = 10n ** BigInt(scale - decimals)
  return digits % divisor === 0n ? digits / divisor : undefined
}

/** `value / 10 ** decimals` in plain notation without trailing zeros. */
export function formatDecimal(value: bigint, decimals: number): string {
  const sign = value < 0n ? '-' : ''
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return `${sign}${whole}${fraction && `.${fraction}`}`
}

/** Rounds a quotient of non-negative integers up. */
export function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

/** The error for a text that is not what it should be. */
export function badText(what: string, text: string, message: string, hint: string): InvalidInputError {
  return new InvalidInputError(`"${text}" is not ${what}: ${message}`, [], { code: 'badText', hint, data: { text } })
}
