import type { Hex } from 'viem'
import type { Offer, Order } from './messages.ts'
import { BASIS_POINTS, nameOf, type Spread, spreads } from './tables.ts'

/** The market's governed advantages: how much of its price a provider's rank forgives, by trust level 1 to 5. */
export type AdvantageBps = readonly [number, number, number, number, number]

/** A bid with what the chain knows of its provider. */
export type RankedBid = {
  offer: Offer
  /** Trust level, 1 (best) to 5. */
  level: number
  /** See `countryId`; a claim until an auditor attests it. */
  country: Hex
}

/**
 * A price less what the provider's trust level forgives, rounded up; lower is better. Same as the OrderBook's.
 *
 * @example
 * rankScore(1_000_000n, 1, [500, 300, 200, 100, 0]) // 950000n
 */
export function rankScore(price: bigint, level: number, advantageBps: AdvantageBps): bigint {
  const advantage = advantageBps[level - 1]
  if (advantage === undefined) throw new RangeError(`${level} is not a trust level`)
  return price - (price * BigInt(advantage)) / BigInt(BASIS_POINTS)
}

/** Sorts bids, the best first: by score, then level, then arrival (their order in `bids`). */
export function rankBids<Bid extends RankedBid>(bids: readonly Bid[], advantageBps: AdvantageBps): Bid[] {
  return bids
    .map((bid) => ({ bid, score: rankScore(bid.offer.price, bid.level, advantageBps) }))
    .sort((a, b) => (a.score === b.score ? a.bid.level - b.bid.level : a.score < b.score ? -1 : 1))
    .map(({ bid }) => bid)
}

/**
 * Chooses among bids that qualify, listed in the order of their arrival, as an auction on chain does: with spread the best
 * of each provider or country, then the best of those. Without spread a bid with enough units takes several replicas, which
 * an Award can do and an auction on chain cannot.
 *
 * @returns `chosen`: the best first, fewer than the order's replicas if there are not enough; `spares`: the others, the best
 * first, to follow them in an Award.
 */
export function selectBids<Bid extends RankedBid>(
  order: Pick<Order, 'replicas' | 'spread' | 'units'>,
  bids: readonly Bid[],
  advantageBps: AdvantageBps,
): { chosen: Bid[]; spares: Bid[] } {
  const groupOf = groups[nameOf(spreads, order.spread) ?? 'none']
  const taken = new Set<unknown>()
  const chosen: Bid[] = []
  const spares: Bid[] = []
  for (const bid of rankBids(bids, advantageBps)) {
    const group = groupOf(bid)
    const most = order.spread === spreads.none ? Math.floor(bid.offer.units / order.units) : 1
    const room = taken.has(group) ? 0 : Math.min(most, order.replicas - chosen.length)
    for (let use = 0; use < room; use++) chosen.push(bid)
    if (room > 0) taken.add(group)
    else spares.push(bid)
  }
  return { chosen, spares }
}

const groups: Record<Spread, (bid: RankedBid) => unknown> = {
  none: (bid) => bid,
  distinctProviders: ({ offer }) => offer.provider,
  distinctCountries: ({ country }) => country,
}
