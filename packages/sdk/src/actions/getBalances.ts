import type { Address } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import type { MarketAsset } from '../internal/readAsset.ts'
import { getAssets } from './getAssets.ts'
import { type Balance, getBalance } from './getBalance.ts'

export type GetBalancesParameters = { account: Address }
export type GetBalancesReturnType = (Balance & { asset: MarketAsset })[]

/**
 * What an account has of each of the market's assets.
 *
 * @example
 * for (const { asset, deposited } of await getBalances(market, { account })) console.log(asset.symbol, deposited)
 */
export async function getBalances(
  client: MarketClient,
  { account }: GetBalancesParameters,
): Promise<GetBalancesReturnType> {
  const assets = await getAssets(client)
  return Promise.all(
    assets.map(async (asset) => ({ asset, ...(await getBalance(client, { account, asset: asset.address })) })),
  )
}
