import type { Market } from '@tender/api'
import { getReport } from '@tender/sdk'
import { openMarket } from '../../shared/wallet/openMarket.ts'

/**
 * An era's root as the chain itself keeps it, asked without the gateway.
 *
 * @returns `undefined`: no report stands there
 */
export async function readChainRoot(market: Market, era: number): Promise<`0x${string}` | undefined> {
  const { client } = await openMarket(market, undefined, [])
  const report = await getReport(client, { era: BigInt(era) })
  return report?.root
}
