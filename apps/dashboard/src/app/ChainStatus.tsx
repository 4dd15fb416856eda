import { useMarket } from '../shared/api/queries.ts'
import { useLiveState } from '../shared/api/useLiveUpdates.ts'
import { countText } from '../shared/format/number.ts'
import { cn } from '../shared/ui/cn.ts'

/** How far behind the chain's head what is shown may be before it is said. */
const BEHIND_BLOCKS = 5

/** Up to which block the page knows the market, and whether it hears of changes. */
export function ChainStatus() {
  const { data: market, isError } = useMarket()
  const live = useLiveState()
  if (isError && !market) return <span className="text-xs text-bad">Gateway out of reach</span>
  if (!market) return <span className="text-xs text-muted">Connecting…</span>
  if (!market.indexed) return <span className="text-xs text-muted">Reading the chain…</span>
  const behind = (market.head?.block ?? market.indexed.block) - market.indexed.block
  const good = live === 'open' && behind <= BEHIND_BLOCKS
  const words =
    live !== 'open' ? 'Reconnecting' : behind > BEHIND_BLOCKS ? `${countText(behind)} blocks behind` : 'Live'
  return (
    <span
      title={`${words}. Chain ${market.chainId}, read up to block ${countText(market.indexed.block)}.`}
      className="flex items-center gap-2 text-xs whitespace-nowrap text-muted"
    >
      <span className={cn('size-2 rounded-full', good ? 'bg-good' : 'bg-warn')} aria-hidden />
      <span className="sr-only">{words}.</span>
      <span className="max-[430px]:sr-only">
        {good ? 'Block' : words} {countText(market.indexed.block)}
      </span>
    </span>
  )
}
