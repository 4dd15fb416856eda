import { deposit, type Order, reasonCodes, reasonText, type Terms } from '@tender/protocol'
import { findJobEnd, findJobEvents, type JobEnd, type JobEvent, type MarketClient } from '@tender/sdk'
import { type Hex, isAddressEqual } from 'viem'

/** How a job of one lease ended. Amounts in the smallest unit of its asset, but for the penalty. */
export type JobOutcome = {
  leaseId: Hex
  /** In words. */
  reason: string
  /** What the price was: held from the match on. */
  price: bigint
  /** Of it, to the provider and in fees. */
  paid: bigint
  /** Of it, back to the tenant. */
  refunded: bigint
  /** What validators got of the verify fee, and of the bond of a challenge. */
  verifying: bigint
  /** Taken from the provider's stake for the tenant, stake tokens. */
  penalty: bigint
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
  lease: { leaseId: Hex; terms: Terms; order: Order },
): Promise<JobOutcome | undefined> {
  const end = await findJobEnd(market, lease)
  return end && outcomeFrom(lease, end, await findJobEvents(market, { lease: lease.leaseId }))
}

/** The same from what the chain says. Pure. */
export function outcomeFrom(
  { leaseId, terms, order }: { leaseId: Hex; terms: Pick<Terms, 'rate' | 'tenant'>; order: Pick<Order, 'duration'> },
  end: JobEnd,
  story: JobStory,
): JobOutcome {
  const judged = story.flatMap((event) => (event.type === 'JobJudged' ? [event.args.passed] : []))
  const others = end.given.filter(({ to }) => !isAddressEqual(to, terms.tenant))
  return {
    leaseId,
    reason: endWords(end.reason, story),
    price: priceOf(terms, order),
    paid: end.paid + end.fee,
    refunded: end.refunded,
    verifying: others.reduce((sum, { amount }) => sum + amount, 0n),
    penalty: end.penalty,
    passed: judged.at(-1),
  }
}

/** Why a job ended: what the contract has one code for may have happened in several ways. Pure. */
export function endWords(reason: number, story: readonly Pick<JobEvent, 'type'>[]): string {
  if (reason === reasonCodes.closedByTenant) return 'the tenant cancelled it'
  if (reason !== reasonCodes.jobExpired) return reasonText(reason)
  const happened = new Set(story.map(({ type }) => type))
  if (happened.has('JobSplit')) return 'the validators came to no verdict, so the price was split'
  if (happened.has('JobSubmitted')) return 'nobody drew validators in time'
  if (happened.has('JobBegun')) return 'the result was not there by the deadline'
  return 'its provider did not begin it'
}
