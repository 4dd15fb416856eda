import type { Match } from '@tender/sdk'
import type { Address } from 'viem'

/** Whose prices are followed. */
export type RateQuestion = {
  resource: string
  asset: Address
  /** Leases of another tier are another product. */
  tier: number
  lastHours: number
  lastMatches: number
}

/** Prices that others were paid lately, in smallest units per unit and hour. Rejects if the chain cannot be asked. */
export type MarketRates = (question: RateQuestion, signal: AbortSignal) => Promise<readonly bigint[]>

export type MarketRatesOptions = {
  /** This one's own matches do not count: whoever follows itself only ever falls. */
  provider: bigint
  findMatches(question: { resource: string; asset: Address; since: number; most: number }): Promise<readonly Match[]>
  nowSeconds(): number
}

/** A median of many hours hardly moves within this, and orders may come by the dozen. */
const FRESH_SECONDS = 60

/** Of all tiers and providers together so many are read, to be left with enough of one. */
const READ_FACTOR = 8

/** @see {MarketRates} Answers of the last minute are remembered. */
export function createMarketRates({ provider, findMatches, nowSeconds }: MarketRatesOptions): MarketRates {
  const known = new Map<string, { at: number; rates: Promise<readonly bigint[]> }>()

  async function read({ resource, asset, tier, lastHours, lastMatches }: RateQuestion): Promise<readonly bigint[]> {
    const since = nowSeconds() - lastHours * 3600
    const matches = await findMatches({ resource, asset, since, most: lastMatches * READ_FACTOR })
    return matches
      .filter((match) => match.tier === tier && match.provider !== provider)
      .slice(0, lastMatches)
      .map(({ price }) => price)
  }

  return async (question, signal) => {
    signal.throwIfAborted()
    const key = JSON.stringify(question)
    const earlier = known.get(key)
    if (earlier && nowSeconds() - earlier.at < FRESH_SECONDS) return earlier.rates
    const rates = read(question)
    known.set(key, { at: nowSeconds(), rates })
    // What failed is asked anew by the next order.
    rates.catch(() => known.delete(key))
    return rates
  }
}
