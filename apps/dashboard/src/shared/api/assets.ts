import type { Asset, Market } from '@tender/api'
import { useMarket } from './queries.ts'

/** An asset that the page does not know yet, or never will: its amounts are shown in smallest units. */
const unknown = { symbol: 'units', decimals: 0 }

type Named = Pick<Asset, 'symbol' | 'decimals'>

/** The asset of an address, the stake token too. */
export function findAsset(market: Market | undefined, address: string): Named {
  if (!market) return unknown
  const wanted = address.toLowerCase()
  return [...market.assets, market.stakeToken].find((asset) => asset.address.toLowerCase() === wanted) ?? unknown
}

/** How amounts of this market's assets are written. */
export function useAssets(): { assetOf: (address: string) => Named; stakeToken: Named } {
  const { data: market } = useMarket()
  return { assetOf: (address) => findAsset(market, address), stakeToken: market?.stakeToken ?? unknown }
}
