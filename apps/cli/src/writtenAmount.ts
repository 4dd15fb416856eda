import { readAmount, TenderError, toSmallestUnits, type WrittenAmount } from '@tender/protocol'
import { getAssets, type MarketAsset, type MarketClient } from '@tender/sdk'

/**
 * An amount as typed, `10 USDC`, in the market's own asset of that name.
 *
 * @throws {InvalidInputError} without an asset; {TenderError} `unknownAsset`
 */
export async function readMarketAmount(
  market: MarketClient,
  text: string,
): Promise<{ amount: bigint; asset: MarketAsset }> {
  return inMarketAsset(market, readAmount(text))
}

/** An amount or price that was read, in the market's own asset of that name. @throws {TenderError} `unknownAsset` */
export async function inMarketAsset(
  market: MarketClient,
  written: WrittenAmount,
): Promise<{ amount: bigint; asset: MarketAsset }> {
  const assets = await getAssets(market)
  const asset = assets.find(({ symbol }) => symbol === written.symbol)
  if (asset) return { amount: toSmallestUnits(written, asset), asset }
  const known = assets.map(({ symbol }) => symbol)
  throw new TenderError(`this market does not take ${written.symbol}`, {
    code: 'unknownAsset',
    class: 'user',
    hint: `It takes ${known.join(', ')}.`,
    data: { symbol: written.symbol, known },
  })
}

/** The asset that a market uses unless another is said: its first. @throws {TenderError} `noAsset` */
export async function marketAsset(market: MarketClient): Promise<MarketAsset> {
  const [asset] = await getAssets(market)
  if (asset) return asset
  throw new TenderError('this market has no asset to pay with', { code: 'noAsset', class: 'chain' })
}
