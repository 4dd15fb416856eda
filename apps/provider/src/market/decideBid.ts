import {
  type Brief,
  deposit,
  type Offer,
  type Order,
  type ProviderView,
  qualify,
  type RuleBreak,
  rateOf,
  resourceName,
  tiers,
} from '@tender/protocol'
import type { Hex } from 'viem'
import type { Answer } from './answers.ts'
import type { BidderOptions } from './bidder.ts'
import { declineReasons, type OwnFacts } from './declineReasons.ts'
import { draftOffer } from './draftOffer.ts'
import { gpusInUse } from './gpus.ts'
import { planInterruption } from './interruption.ts'
import { type Sale, salesFor } from './sale.ts'
import { unitsFor } from './units.ts'

export type Decision = Pick<Answer, 'decision' | 'reasons' | 'bid'> & {
  /** Leases to be ended, so that the order fits when its auction ends. */
  interrupts: readonly Hex[]
}

type Asked = { order: Order; brief: Brief }

/** What a tier would offer, and what speaks against it. */
type Attempt = { sale: Sale; offer: Offer; broken: readonly RuleBreak[] }

/** Decides about one order: the cheapest tier that does, or every reason against the one that comes closest. */
export async function decideBid(
  options: BidderOptions,
  orderHash: Hex,
  asked: Asked,
  signal: AbortSignal,
): Promise<Decision> {
  const { order, brief } = asked
  const tiersSold = salesFor(options.sales.get(resourceName(order.resource)) ?? [], order.tier)
  const [provider, facts] = await Promise.all([
    options.self(signal),
    factsOf(options, asked, tiersSold.length > 0, signal),
  ])
  const reasons = declineReasons(order, brief, facts)
  const { capacity } = facts
  if (!capacity) return declined(reasons)
  const attempts = await Promise.all(
    tiersSold.map((sale) => attempt(options, { orderHash, asked, sale, provider, facts, reasons, capacity }, signal)),
  )
  const [best] = attempts.sort(byFitThenPrice)
  if (!best) return declined(reasons)
  if (best.broken.length > 0) return declined([...reasons, ...best.broken])
  const interrupts = await interruptionsFor(options, order, best, reasons, facts)
  if (reasons.length > 0 && interrupts.length === 0) return declined(reasons)
  const { offer } = best
  return { decision: 'bid', reasons: [], bid: { offer, signature: await options.sign(offer) }, interrupts }
}

function declined(reasons: readonly RuleBreak[]): Decision {
  return { decision: 'declined', reasons, interrupts: [] }
}

async function factsOf(
  { driverFor, capacity, leases, jobs, hasVolumesOf, internet, maxBlobBytes, nowSeconds }: BidderOptions,
  { order, brief }: Asked,
  sold: boolean,
  signal: AbortSignal,
): Promise<OwnFacts> {
  const driver = driverFor(brief.driver)
  const [owned, host, hasVolumes] = await Promise.all([
    sold ? capacity(order.resource, signal) : undefined,
    driver?.probe(signal),
    brief.volumesOf === undefined || hasVolumesOf(brief.volumesOf, order.tenant),
  ])
  return {
    driver: driver && host && { capabilities: driver.capabilities, host },
    capacity: owned,
    freeUnits: owned ? unitsFor(order, owned, leases()) : 0,
    gpusInUse: gpusInUse(leases(), order.resource) + jobs.gpusInUse(order.resource),
    internet,
    hasVolumes,
    maxBlobBytes,
    jobs: jobs.limits(),
    nowSeconds: nowSeconds(),
  }
}

type Attempted = {
  orderHash: Hex
  asked: Asked
  sale: Sale
  provider: ProviderView
  facts: OwnFacts
  reasons: readonly RuleBreak[]
  capacity: NonNullable<OwnFacts['capacity']>
}

async function attempt(
  { provider: id, quotes }: BidderOptions,
  { orderHash, asked, sale, provider, facts, reasons, capacity }: Attempted,
  signal: AbortSignal,
): Promise<Attempt> {
  const { order } = asked
  const { nowSeconds: now, freeUnits } = facts
  const whyNot = (offer: Offer) => qualify({ order, orderHash, offer, provider, now })
  const free = draftOffer({
    provider: id,
    offerEpoch: provider.offerEpoch,
    orderHash,
    order,
    sale,
    freeUnits,
    until: capacity.until,
    now,
  })
  const unpriced = { sale, offer: free, broken: whyNot(free) }
  // A program is started only for an order that could be served: strangers send them.
  const hopeless = unpriced.broken.length > 0 || !reasons.every(isShortage)
  if (sale.pricing.strategy === 'script' && hopeless) return unpriced
  const quote = await quotes.forOrder(sale, resourceName(order.resource), asked, capacity, signal)
  if ('decline' in quote) return { ...unpriced, broken: [{ rule: 'script', message: quote.decline }] }
  const offer = { ...free, price: quote.price }
  return { sale, offer, broken: whyNot(offer) }
}

function byFitThenPrice(a: Attempt, b: Attempt): number {
  if (a.broken.length !== b.broken.length) return a.broken.length - b.broken.length
  if (a.offer.price === b.offer.price) return a.offer.tier - b.offer.tier
  return a.offer.price < b.offer.price ? -1 : 1
}

function isShortage({ rule }: RuleBreak): boolean {
  return rule === 'units'
}

/** Leases to end for an order that too few units alone stand against, and whose tenant has the money to take the bid. */
async function interruptionsFor(
  { sales, leases, deposited }: BidderOptions,
  order: Order,
  { offer }: Attempt,
  reasons: readonly RuleBreak[],
  { freeUnits, nowSeconds }: OwnFacts,
): Promise<readonly Hex[]> {
  const interruptible = sales.get(resourceName(order.resource))?.find(({ tier }) => tier === tiers.interruptible)
  const { interruptAboveBps } = interruptible ?? {}
  if (reasons.length === 0 || !reasons.every(isShortage) || interruptAboveBps === undefined) return []
  const rate = rateOf(offer.price, order.units)
  const units = order.units - freeUnits
  const chosen = planInterruption({ order, units, rate, asset: offer.asset, interruptAboveBps, nowSeconds }, leases())
  if (chosen.length === 0) return []
  const funds = await deposited(order.tenant, order.asset)
  return funds >= deposit(rate, order.duration) ? chosen : []
}
