import { randomBytes } from 'node:crypto'
import type { Driver } from '@tender/driver'
import {
  type Brief,
  type Offer,
  type Order,
  type OrderEnvelope,
  type ProviderView,
  qualify,
  type RuleBreak,
  resourceName,
} from '@tender/protocol'
import { type Address, bytesToBigInt, type Hex } from 'viem'
import type { Answer, Answers } from './answers.ts'
import { declineReasons } from './declineReasons.ts'
import { type Pricing, priceFor } from './pricing.ts'

/** How this provider sells one resource class. Durations in seconds. */
export type Sale = {
  asset: Address
  pricing: Pricing
  tier: number
  minSeconds: number
  maxDuration: number
  noticeSeconds: number
}

/** What a provider committed of a class. `until` is unix seconds. */
export type Capacity = { committedUnits: number; leasedUnits: number; until: number }

export type BidderOptions = {
  provider: bigint
  answers: Answers
  /** By resource class's short name. */
  sales: ReadonlyMap<string, Sale>
  maxBlobBytes: number
  driverFor(kind: string): Driver | undefined
  /** What the registry says of this provider now. */
  self(signal: AbortSignal): Promise<ProviderView>
  capacity(resource: Hex, signal: AbortSignal): Promise<Capacity>
  sign(offer: Offer): Promise<Hex>
  nowSeconds(): number
}

/** A bid outlives the auction by this long at most: the tenant matches within it or asks again. */
const BID_LIFE_SECONDS = 600

const PRUNE_EVERY_SECONDS = 3_600

/**
 * Answers orders: a signed bid, or every reason against one. The answer is recorded before it is returned, and an order that
 * comes again gets the same one.
 */
export function createBidder(options: BidderOptions) {
  const { answers, nowSeconds } = options
  const deciding = new Map<Hex, Promise<Answer>>()
  let prunedAt = 0

  async function decideOnce(id: Hex, { order, brief }: OrderEnvelope, signal: AbortSignal): Promise<Answer> {
    const decided = await decideBid(options, id, order, brief, signal)
    const answer: Answer = { version: 1, order, brief, decidedAt: nowSeconds(), ...decided }
    answers.put(id, answer)
    if (answer.decidedAt - prunedAt > PRUNE_EVERY_SECONDS) {
      prunedAt = answer.decidedAt
      answers.prune(prunedAt)
    }
    return answer
  }

  return async function answerOrder(id: Hex, envelope: OrderEnvelope, signal: AbortSignal): Promise<Answer> {
    const known = answers.get(id) ?? deciding.get(id)
    if (known) return known
    const decision = decideOnce(id, envelope, signal).finally(() => deciding.delete(id))
    deciding.set(id, decision)
    return decision
  }
}

async function decideBid(
  options: BidderOptions,
  orderHash: Hex,
  order: Order,
  brief: Brief,
  signal: AbortSignal,
): Promise<Pick<Answer, 'decision' | 'reasons' | 'bid'>> {
  const { driverFor, self, capacity, sales, maxBlobBytes, nowSeconds, sign } = options
  const driver = driverFor(brief.driver)
  const sale = sales.get(resourceName(order.resource))
  const [provider, owned, host] = await Promise.all([
    self(signal),
    sale && capacity(order.resource, signal),
    driver?.probe(signal),
  ])
  const now = nowSeconds()
  const reasons = declineReasons(order, brief, {
    driver: driver && host && { capabilities: driver.capabilities, host },
    capacity: owned,
    maxBlobBytes,
    nowSeconds: now,
  })
  if (!sale || !owned) return { decision: 'declined', reasons }

  const offer = draftOffer(options.provider, orderHash, order, sale, owned, provider.offerEpoch, now)
  const broken: RuleBreak[] = [...reasons, ...qualify({ order, orderHash, offer, provider, now })]
  if (broken.length > 0) return { decision: 'declined', reasons: broken }
  return { decision: 'bid', reasons: [], bid: { offer, signature: await sign(offer) } }
}

function draftOffer(
  provider: bigint,
  orderHash: Hex,
  order: Order,
  sale: Sale,
  owned: Capacity,
  offerEpoch: number,
  now: number,
): Offer {
  // As many replicas as are free, so that one provider can serve a whole order that wants no spread.
  const replicas = Math.min(order.replicas, Math.floor((owned.committedUnits - owned.leasedUnits) / order.units))
  return {
    provider,
    offerEpoch,
    order: orderHash,
    resource: order.resource,
    asset: sale.asset,
    tier: sale.tier,
    units: order.units * Math.max(1, replicas),
    price: priceFor(sale.pricing, owned),
    minSeconds: sale.minSeconds,
    maxDuration: Math.max(1, Math.min(sale.maxDuration, owned.until - now)),
    noticeSeconds: sale.noticeSeconds,
    expiry: Math.min(order.expiry, Math.max(order.auctionEnd, now) + BID_LIFE_SECONDS),
    salt: bytesToBigInt(randomBytes(32)),
  }
}
