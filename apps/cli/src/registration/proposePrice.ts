import { parsePrice } from '@tender/protocol'
import { findMatches, getChainTime, type MarketAsset, type MarketClient } from '@tender/sdk'

/** A price in smallest units per unit and hour, and where it comes from. */
export type ProposedPrice = { amount: bigint; because: string; follows: boolean }

const SECONDS = 86_400
const MOST_MATCHES = 100

/** What a unit costs where nobody has sold one yet, in dollars: about what small machines cost at cloud providers. */
const references: Readonly<Record<string, string>> = { cu: '0.02' }

/**
 * What to ask for a unit of a class: the median of the last day's matches, else the class's reference, if the asset is a dollar.
 * `undefined` if neither is known.
 *
 * @example
 * await proposePrice(market, 'cu', asset)  // { amount: 19000n, because: 'the median of the last 12 matches', follows: true }
 */
export async function proposePrice(
  market: MarketClient,
  resource: string,
  asset: MarketAsset,
): Promise<ProposedPrice | undefined> {
  const { timestamp } = await getChainTime(market)
  const wanted = { resource, asset: asset.address, since: timestamp - SECONDS, most: MOST_MATCHES }
  const paid = (await findMatches(market, wanted)).map(({ price }) => price).sort((a, b) => (a < b ? -1 : 1))
  const median = paid[Math.floor((paid.length - 1) / 2)]
  if (median !== undefined) {
    return { amount: median, because: `the median of ${paid.length} matches of the last 24 h`, follows: true }
  }
  const reference = references[resource]
  if (reference === undefined || !asset.symbol.startsWith('USD')) return undefined
  const amount = parsePrice(`${reference} ${asset.symbol}/h`, asset)
  return { amount, because: 'the reference for this class; nobody sold any in the last 24 h', follows: false }
}
