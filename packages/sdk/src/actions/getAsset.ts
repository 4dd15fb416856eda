import { testDollarAbi } from '@tender/abi'
import type { Address } from 'viem'
import type { ChainClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

/** A token that pays or is staked. */
export type MarketAsset = {
  address: Address
  symbol: string
  name: string
  /** One whole token is 10 ** decimals smallest units. */
  decimals: number
}

export type GetAssetParameters = { asset: Address }
export type GetAssetReturnType = MarketAsset

/**
 * What a token calls itself. Read once per client.
 *
 * @example
 * const { symbol, decimals } = await getAsset(market, { asset: order.asset })
 * // 'USDC', 6
 */
export async function getAsset(client: ChainClient, { asset }: GetAssetParameters): Promise<GetAssetReturnType> {
  const key = asset.toLowerCase()
  const known = client.assets.get(key)
  if (known) return known
  const token = { address: asset, abi: testDollarAbi } as const
  const [symbol, name, decimals] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({ ...token, functionName: 'symbol' }),
      client.rpc.readContract({ ...token, functionName: 'name' }),
      client.rpc.readContract({ ...token, functionName: 'decimals' }),
    ]),
  )
  const read = { address: asset, symbol, name, decimals }
  client.assets.set(key, read)
  return read
}
