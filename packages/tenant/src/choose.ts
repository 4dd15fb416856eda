import {
  type AdvantageBps,
  countryId,
  type Offer,
  providerStatuses,
  qualify,
  type RuleBreak,
  rankScore,
  selectBids,
} from '@tender/protocol'
import { getPolicy, getProvider } from '@tender/sdk'
import type { Hex } from 'viem'
import type { OrderRecord } from './records.ts'
import { nowSeconds, type Tenant } from './tenant.ts'

/** A bid with what the chain says of its provider, and where it came in the ranking. */
export type JudgedBid = {
  provider: bigint
  offer: Offer
  signature: Hex
  /** Trust level, 1 (best) to 5. */
  level: number
  /** Two letters as `bytes2`. */
  country: Hex
  /** Price less the advantage of the level: what is compared. */
  score: bigint
  /** Rules of the order that it breaks; empty if it qualifies. */
  broken: RuleBreak[]
}

export type Choice = {
  /** One for each replica, the best first; a bid may stand more than once. */
  chosen: JudgedBid[]
  /** The other bids that qualify, the best first. */
  spares: JudgedBid[]
  disqualified: JudgedBid[]
  /** Providers that declined, and why. */
  declined: { provider: bigint; reasons: readonly RuleBreak[] }[]
}

/** Ranks an order's bids as an auction on the chain would at `at`, unix seconds. */
export async function chooseBids(
  { market }: Pick<Tenant, 'market'>,
  record: OrderRecord,
  at: number = nowSeconds(),
): Promise<Choice> {
  const { advantageBps } = await getPolicy(market)
  const judged = await Promise.all(
    record.answers.flatMap(({ provider, answer }) =>
      answer.type === 'bid'
        ? [judge(market, record, provider, answer.offer, answer.signature, { advantageBps, at })]
        : [],
    ),
  )
  const { chosen, spares } = selectBids(
    record.order,
    judged.filter(({ broken }) => broken.length === 0),
    advantageBps,
  )
  return {
    chosen,
    spares,
    disqualified: judged.filter(({ broken }) => broken.length > 0),
    declined: record.answers.flatMap(({ provider, answer }) =>
      answer.type === 'decline' ? [{ provider, reasons: answer.reasons }] : [],
    ),
  }
}

async function judge(
  market: Tenant['market'],
  { order, id }: OrderRecord,
  provider: bigint,
  offer: Offer,
  signature: Hex,
  { advantageBps, at }: { advantageBps: AdvantageBps; at: number },
): Promise<JudgedBid> {
  const found = await getProvider(market, { provider })
  const { level, offerEpoch, collateralised } = found
  const country = countryId(found.country)
  const view = { status: providerStatuses[found.status], level, country, offerEpoch, collateralised }
  const broken = qualify({ order, orderHash: id, offer, provider: view, now: at })
  return { provider, offer, signature, level, country, score: rankScore(offer.price, level, advantageBps), broken }
}
