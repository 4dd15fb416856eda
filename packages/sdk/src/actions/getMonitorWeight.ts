import { eraReportsAbi } from '@tender/abi'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

/**
 * What all monitors weigh together now, whole stake tokens. Who joins counts from the next era on, so that a young market has none.
 *
 * @example
 * const isWatched = (await getMonitorWeight(market)) > 0
 */
export async function getMonitorWeight(client: MarketClient): Promise<number> {
  const { eraReports } = client.book.contracts
  const weight = await translated(
    client,
    client.rpc.readContract({ address: eraReports, abi: eraReportsAbi, functionName: 'totalWeight' }),
  )
  return Number(weight)
}
