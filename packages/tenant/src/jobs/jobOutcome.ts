import { deposit, type Order, reasonText, type Terms } from '@tender/protocol'
import { findJobEvents, findLeaseEnd, type JobEvent, type MarketClient } from '@tender/sdk'
import type { Hex } from 'viem'

/** How a job of one lease ended. Amounts in the smallest unit of its asset. */
export type JobOutcome = {
  leaseId: Hex
  reason: string
  /** What the price was: held from the match on. */
  price: bigint
  /** Of it, to the provider and in fees. */
  paid: bigint
  /** Of it, back to the tenant. */
  refunded: bigint
  /** What the validators signed; absent where none decided. */
  passed?: boolean | undefined
}

/** What happened to a job, the oldest first. */
export type JobStory = readonly JobEvent[]

/** What a job's price is: the machine time that its order buys. */
export function priceOf({ rate }: Pick<Terms, 'rate'>, { duration }: Pick<Order, 'duration'>): bigint {
  return deposit(rate, duration)
}

/** How a job ended; `undefined` while it has not. */
export async function outcomeOf(
  market: MarketClient,
  { leaseId, terms, order }: { leaseId: Hex; terms: Terms; order: Order },
): Promise<JobOutcome | undefined> {
  const end = await findLeaseEnd(market, { leaseId })
  if (!end) return undefined
  const price = priceOf(terms, order)
  const judged = (await findJobEvents(market, { lease: leaseId })).flatMap((event) =>
    event.type === 'JobJudged' ? [event.args.passed] : [],
  )
  return {
    leaseId,
    reason: reasonText(end.reason),
    price,
    paid: price - end.refunded,
    refunded: end.refunded,
    passed: judged.at(-1),
  }
}
