import { useMarket } from '../api/queries.ts'
import { useNow } from './useNow.ts'

/**
 * The chain's time in unix seconds, anew each second. It may differ from this machine's: what ends or expires goes by the
 * chain's clock.
 */
export function useChainNow(): number {
  const now = useNow()
  const { data: market, dataUpdatedAt } = useMarket()
  if (!market?.head) return now
  return Math.max(market.head.timestamp, market.head.timestamp + now - Math.floor(dataUpdatedAt / 1000))
}
