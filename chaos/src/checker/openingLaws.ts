import { type Address, isAddressEqual } from 'viem'
import type { Finding } from '../finding.ts'
import { leaseIdOf } from './arithmetic.ts'
import type { ChainFacts, EventOf, MarketCall, Moment } from './facts.ts'
import { createJudge, type Judge } from './judge.ts'
import { digestOf, hashList, isSignedBy } from './typedData.ts'

type Opened = EventOf<'leaseEscrow', 'LeaseOpened'>
type Match = Extract<MarketCall, { name: 'matchOrder' }>

/** No lease without its provider's signature on its price and its tenant's consent to the choice; no order used twice. */
export async function judgeOpenings(facts: ChainFacts): Promise<Finding[]> {
  const judge = createJudge('leaseOpening')
  const opened = facts.events.flatMap((event) => (event.name === 'LeaseOpened' ? [event] : []))
  const indices = new Set<string>()
  for (const event of opened) {
    const { lease, terms } = event.args
    const where = { lease, block: event.at.block, tx: event.at.tx }
    judge.same("a lease's id, the hash of its terms", leaseIdOf(terms), lease, where)
    judge.same('the start of a lease', event.at.time, terms.start, where)
    judge.same("where the provider's earnings go", payoutAt(facts, terms.provider, event.at), terms.payout, where)
    const place = `${terms.order}/${terms.index}`
    judge.holds(!indices.has(place), `replica ${terms.index} of order ${terms.order} opened twice`, where)
    indices.add(place)
    await judgeConsent(facts, judge, event)
  }
  return judge.findings
}

async function judgeConsent(facts: ChainFacts, judge: Judge, event: Opened): Promise<void> {
  const { lease, terms, end } = event.args
  const where = { lease, block: event.at.block, tx: event.at.tx }
  const calls = facts.calls.get(event.at.tx) ?? []
  const call = calls.find(({ name }) => name === 'matchOrder' || name === 'award')
  if (call?.name !== 'matchOrder' && call?.name !== 'award')
    return judge.holds(false, 'a lease opened by no match', where)
  const [order, offers] = call.args
  judge.same('the order of a lease', digestOf(facts.place, 'Order', order), terms.order, where)
  const index = offers.findIndex((each) => digestOf(facts.place, 'Offer', each) === terms.offer)
  const offer = offers[index]
  if (!offer) return judge.holds(false, 'a lease of an offer that was not matched', where)
  const { tenant, asset, resource, units, duration, kind, uptimeBps, verifier } = order
  const agreed = { tenant, asset, resource, units, duration, kind, uptimeBps, verifier, provider: offer.provider }
  judge.same('what was agreed', agreed, { ...pick(terms), duration: end - terms.start }, where)
  judge.same('the rate of a lease', offer.price * BigInt(order.units), terms.rate, where)
  judge.holds(offer.price <= order.maxPrice, `price ${offer.price} of at most ${order.maxPrice}`, where)
  judge.holds(terms.index < order.replicas, `replica ${terms.index} of ${order.replicas}`, where)
  if (call.name === 'matchOrder') await judgeSignatures(facts, judge, event, call, index)
}

function pick({ tenant, asset, resource, units, kind, uptimeBps, verifier, provider }: Opened['args']['terms']) {
  return { tenant, asset, resource, units, duration: 0, kind, uptimeBps, verifier, provider }
}

async function judgeSignatures(facts: ChainFacts, judge: Judge, { args, at }: Opened, call: Match, index: number) {
  const where = { lease: args.lease, block: at.block, tx: at.tx }
  const [order, offers, signatures, award, awardSignature] = call.args
  const operator = operatorAt(facts, args.terms.provider, at)
  // Where an offer is listed several times in a row only the first signature counts, and that is the one found.
  const signed = operator !== undefined && (await isSignedBy(operator, args.terms.offer, signatures[index] ?? '0x'))
  judge.holds(signed, 'an offer that its provider did not sign', where)
  if (isAddressEqual(call.from, order.tenant)) return
  const chosen = hashList(offers.map((offer) => digestOf(facts.place, 'Offer', offer)))
  judge.same('the offers of an award', chosen, award.offers, where)
  judge.same('the order of an award', args.terms.order, award.order, where)
  const consent = await isSignedBy(order.tenant, digestOf(facts.place, 'Award', award), awardSignature)
  judge.holds(consent, 'a choice that its tenant did not sign', where)
}

function operatorAt(facts: ChainFacts, provider: bigint, at: Moment): Address | undefined {
  return lastBefore(facts, at, ({ name, args }) => {
    const tells = name === 'ProviderRegistered' || name === 'OperatorChanged'
    return tells && args.provider === provider ? args.operator : undefined
  })
}

function payoutAt(facts: ChainFacts, provider: bigint, at: Moment): Address | undefined {
  return lastBefore(facts, at, ({ name, args }) => {
    const tells = name === 'ProviderRegistered' || name === 'PayoutChanged'
    return tells && args.provider === provider ? args.payout : undefined
  })
}

function lastBefore<T>(
  { events }: ChainFacts,
  at: Moment,
  read: (event: ChainFacts['events'][number]) => T | undefined,
): T | undefined {
  let last: T | undefined
  for (const event of events) {
    if (event.at.block > at.block || (event.at.block === at.block && event.at.index > at.index)) break
    last = read(event) ?? last
  }
  return last
}
