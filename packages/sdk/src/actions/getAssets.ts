import type { MarketClient } from '../createMarketClient.ts'
import type { MarketAsset } from '../internal/readAsset.ts'
import { getAsset } from './getAsset.ts'

export type GetAssetsReturnType = MarketAsset[]

/**
 * The assets of the market's address book, the default first.
 *
 * @example
 * const [dollar] = await getAssets(market)
 */
export function getAssets(client: MarketClient): Promise<GetAssetsReturnType> {
  return Promise.all(client.book.assets.map((asset) => getAsset(client, { asset })))
}
