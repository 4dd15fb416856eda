import { testDollarAbi } from '@tender/abi'
import type { Address, PublicClient } from 'viem'

/** A token that pays or is staked. */
export type MarketAsset = {
  address: Address
  symbol: string
  name: string
  /** One whole token is 10 ** decimals smallest units. */
  decimals: number
}

/** What a token calls itself, remembered: none of it ever changes. */
export async function readAsset(
  { rpc, assets }: { rpc: PublicClient; assets: Map<string, MarketAsset> },
  address: Address,
): Promise<MarketAsset> {
  const key = address.toLowerCase()
  const known = assets.get(key)
  if (known) return known
  const token = { address, abi: testDollarAbi } as const
  const [symbol, name, decimals] = await Promise.all([
    rpc.readContract({ ...token, functionName: 'symbol' }),
    rpc.readContract({ ...token, functionName: 'name' }),
    rpc.readContract({ ...token, functionName: 'decimals' }),
  ])
  const asset = { address, symbol, name, decimals }
  assets.set(key, asset)
  return asset
}
