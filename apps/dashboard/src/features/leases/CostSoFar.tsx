import { amountText, type Denomination, exactAmountText } from '../../shared/format/amount.ts'
import { useChainNow } from '../../shared/hooks/useChainNow.ts'
import { costSoFar, type LeaseMoneyTerms } from './leaseMoney.ts'

/** What a lease cost until now, by the second. */
export function CostSoFar({ lease, asset }: { lease: LeaseMoneyTerms; asset: Denomination }) {
  const now = useChainNow()
  const cost = costSoFar(lease, now)
  return (
    <span title={exactAmountText(cost, asset)} className="whitespace-nowrap">
      {amountText(cost, asset.decimals)} <span className="text-[0.85em] text-muted">{asset.symbol}</span>
    </span>
  )
}
