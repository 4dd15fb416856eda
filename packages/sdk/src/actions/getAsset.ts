import type { Address } from 'viem'
import type { ChainClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { type MarketAsset, readAsset } from '../internal/readAsset.ts'

export type GetAssetParameters = { asset: Address }
export type GetAssetReturnType = MarketAsset

/**
 * What a token calls itself. Read once per client.
 *
 * @example
 * const { symbol, decimals } = await getAsset(market, { asset: order.asset })
 * // 'USDC', 6
 */
export function getAsset(client: ChainClient, { asset }: GetAssetParameters): Promise<GetAssetReturnType> {
  return translated(client, readAsset(client, asset))
}
