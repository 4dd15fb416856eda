import { amountText, type Denomination, exactAmountText } from '../format/amount.ts'
import { cn } from './cn.ts'

export type AmountProps = {
  /** Smallest units. */
  amount: bigint | string
  asset: Denomination
  className?: string
}

/** An amount with its symbol; all its digits when pointed at. */
export function Amount({ amount, asset, className }: AmountProps) {
  const value = BigInt(amount)
  return (
    <span title={exactAmountText(value, asset)} className={cn('whitespace-nowrap', className)}>
      {amountText(value, asset.decimals)} <span className="text-[0.85em] text-muted">{asset.symbol}</span>
    </span>
  )
}

/** A price per unit, or a rate of a lease, by the hour. */
export function Price({ amount, asset, className }: AmountProps) {
  const value = BigInt(amount)
  return (
    <span title={`${exactAmountText(value, asset)} an hour`} className={cn('whitespace-nowrap', className)}>
      {amountText(value, asset.decimals)} <span className="text-[0.85em] text-muted">{asset.symbol}/h</span>
    </span>
  )
}
