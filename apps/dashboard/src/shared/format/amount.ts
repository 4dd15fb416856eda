/** What is needed of an asset to write amounts of it. */
export type Denomination = { symbol: string; decimals: number }

const digitsOf = new Intl.NumberFormat('en-GB')

/** Digits after the point that are shown at most, but for the first one that is not zero; the whole amount is in the title. */
const MOST_DECIMALS = 6
const SIGNIFICANT = 4

/**
 * An amount of smallest units as a number that people read: at least two decimals, about four digits that say something,
 * rounded down. Never through a float.
 *
 * @example
 * amountText(1_500_000n, 6) // '1.50'
 * amountText(19_512n, 6)    // '0.01951'
 */
export function amountText(amount: bigint, decimals: number): string {
  const negative = amount < 0n
  const text = (negative ? -amount : amount).toString().padStart(decimals + 1, '0')
  const whole = text.slice(0, text.length - decimals)
  const fraction = text.slice(text.length - decimals)
  const shown = fraction.slice(0, shownDecimals(whole, fraction)).replace(/0+$/, '')
  const grouped = digitsOf.format(BigInt(whole))
  const padded = decimals === 0 ? shown : shown.padEnd(2, '0')
  return `${negative ? '−' : ''}${grouped}${padded === '' ? '' : `.${padded}`}`
}

function shownDecimals(whole: string, fraction: string): number {
  if (whole !== '0') return Math.max(2, SIGNIFICANT - whole.length)
  const zeros = fraction.length - fraction.replace(/^0+/, '').length
  return Math.max(2, Math.min(zeros + SIGNIFICANT, Math.max(MOST_DECIMALS, zeros + 1)))
}

/** Every digit of an amount, with its symbol, for titles. */
export function exactAmountText(amount: bigint, { symbol, decimals }: Denomination): string {
  const text = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  const fraction = text.slice(text.length - decimals).replace(/0+$/, '')
  const whole = text.slice(0, text.length - decimals)
  return `${amount < 0n ? '−' : ''}${whole}${fraction === '' ? '' : `.${fraction}`} ${symbol}`
}

/** An amount as a float, for charts only. */
export function amountNumber(amount: bigint, decimals: number): number {
  return Number(amount) / 10 ** decimals
}
