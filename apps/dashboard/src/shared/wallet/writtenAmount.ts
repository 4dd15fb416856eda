/** What somebody typed as an amount: smallest units, or what is wrong with it. */
export type TypedAmount = { amount: bigint } | { error: string }

/**
 * Reads a decimal number as an amount, exactly; nothing is rounded.
 *
 * @example
 * readTypedAmount('1.5', { symbol: 'USDC', decimals: 6 }) // { amount: 1500000n }
 */
export function readTypedAmount(text: string, asset: { symbol: string; decimals: number }): TypedAmount {
  const match = /^(\d{0,40})(?:[.,](\d{0,40}))?$/.exec(text.trim())
  const [, whole = '', fraction = ''] = match ?? []
  if (!match || (whole === '' && fraction === '')) return { error: 'Write a number such as 12.5.' }
  const needed = fraction.replace(/0+$/, '')
  if (needed.length > asset.decimals) return { error: `${asset.symbol} has ${asset.decimals} decimals at most.` }
  const amount = BigInt(whole + needed.padEnd(asset.decimals, '0'))
  return amount > 0n ? { amount } : { error: 'Write an amount above zero.' }
}

/** An amount as it is typed: no symbol, no thousands, every digit. */
export function typedAmountText(amount: bigint, decimals: number): string {
  const text = amount.toString().padStart(decimals + 1, '0')
  const fraction = text.slice(text.length - decimals).replace(/0+$/, '')
  const whole = text.slice(0, text.length - decimals)
  return decimals === 0 || fraction === '' ? whole : `${whole}.${fraction}`
}
