import {
  countryCode,
  formatAmount,
  formatDuration,
  formatPrice,
  mostCost,
  owed,
  SECONDS_PER_HOUR,
} from '@tender/protocol'
import type { MarketAsset } from '@tender/sdk'
import type { JudgedBid, UpEvent } from '@tender/tenant'
import type { DemoEvent, DemoResult } from './demo.ts'

/** What providers of the embedded market are called; any other is called by its number. */
export type Names = ReadonlyMap<bigint, string>

type Reported = Extract<DemoEvent, { type: 'reported' }>

const stakeToken = { symbol: 'TNDR', decimals: 18 } as const

/** Tells what happens in the market, a few lines for each event, for people. */
export function tell(event: DemoEvent, names: Names): string[] {
  switch (event.type) {
    case 'ordered':
      return tellOrder(event)
    case 'answer':
      return [tellAnswer(event, names)]
    case 'chosen':
      return tellChoice(event, names)
    case 'matched':
      return event.leases.map(
        ({ leaseId, terms }) =>
          `  lease ${leaseId.slice(0, 10)} opened: ${formatPrice(terms.rate, event.asset)} flows by the second, the rest waits in escrow`,
      )
    case 'ready':
      return [`  ${tellReady(event)}`]
    case 'served':
      return [`  ${event.answered} more requests answered`]
    case 'reported':
      return [`  ${tellReport(event)}`]
    case 'failed':
      return [`${nameOf(event.provider, names)} fails: its machine is gone, on purpose`]
    case 'ended':
      return [
        `  the monitors noticed and ended the lease after ${(event.afterMs / 1000).toFixed(1)} s; ${formatAmount(event.refunded, event.asset)} is the tenant's again`,
      ]
    default:
      return []
  }
}

function tellReport({ era: { era, servedSeconds, credit, score, level }, rate, asset }: Reported): string {
  const paid = formatAmount(owed(rate, servedSeconds), asset)
  const owes = credit > 0n ? `; credit owed: ${formatAmount(credit, stakeToken)}` : ''
  return `era ${era}, agreed by the monitors: ${servedSeconds} s served, ${paid} earned; score ${score}, level ${level}${owes}`
}

function tellReady({ lease: { url }, httpStatus }: Extract<UpEvent, { type: 'ready' }>): string {
  if (url === undefined) return 'running'
  if (httpStatus === undefined) return `running; ${url} was not asked: it is not in the public internet`
  return `${url} answers with ${httpStatus}`
}

function tellOrder({ record, asset }: Extract<UpEvent, { type: 'ordered' }>): string[] {
  const { order, name } = record
  const units = `${order.units} compute unit${order.units === 1 ? '' : 's'}`
  return [
    `order ${record.id.slice(0, 10)}: ${name}, ${units} for ${formatDuration(order.duration)}, at most ${formatPrice(order.maxPrice, asset)} each`,
    `  it can cost ${formatAmount(mostCost(order), asset)} at most; signed, gossiped, bids arrive sealed`,
  ]
}

function tellAnswer({ received, asset }: Extract<UpEvent, { type: 'answer' }>, names: Names): string {
  const { answer, provider } = received
  const who = nameOf(provider, names)
  if (answer.type === 'bid') return `  ${who} bids ${formatPrice(answer.offer.price, asset)}`
  return `  ${who} declines: ${answer.reasons.map(({ message }) => message).join(', ')}`
}

function tellChoice({ choice, asset }: Extract<UpEvent, { type: 'chosen' }>, names: Names): string[] {
  const [winner] = choice.chosen
  if (!winner) return []
  const rivals = choice.spares
  const cheaper = rivals.some(({ offer }) => offer.price < winner.offer.price)
  const why = cheaper
    ? `not the cheapest, but trusted: level ${winner.level} makes its bid count as ${formatPrice(winner.score, asset)}`
    : rivals.length > 0
      ? `its bid counts as ${formatPrice(winner.score, asset)} at trust level ${winner.level}, the lowest`
      : 'it was alone'
  return [
    `winner: ${nameOf(winner.provider, names)} (${countryCode(winner.country)}), ${why}`,
    ...rivals.map((bid) => tellRival(bid, asset, names)),
  ]
}

function tellRival({ provider, offer, score, level, country }: JudgedBid, asset: MarketAsset, names: Names): string {
  const who = `${nameOf(provider, names)} (${countryCode(country)})`
  return `  before ${who}: ${formatPrice(offer.price, asset)} at level ${level} counts as ${formatPrice(score, asset)}`
}

/** What the lease costs, while it runs. */
export function tellCost(rate: bigint, asset: MarketAsset): string {
  return `it costs ${formatAmount(owed(rate, SECONDS_PER_HOUR), asset)} an hour, ${formatAmount(owed(rate, 24 * SECONDS_PER_HOUR), asset)} a day; close it at any second and the rest comes back`
}

/** The demo's last lines: who got what, to the smallest unit. */
export function tellSettlement(result: DemoResult, names: Names): string[] {
  const { asset, seconds, paid, fee, expected, refunded, winner, conserved, credited, slashed, eras } = result
  const served = eras.at(-1)?.servedSeconds ?? 0
  const best = eras.toSorted((a, b) => b.score - a.score)[0]
  return [
    `it ran for ${formatDuration(seconds)} and served ${formatDuration(served)} of them`,
    `  paid      ${formatAmount(paid, asset)}: ${formatAmount(paid - fee, asset)} to ${nameOf(winner, names)}, ${formatAmount(fee, asset)} market fee`,
    `  expected  ${formatAmount(expected, asset)} = rate × seconds served, rounded down${paid === expected ? ': the same to the smallest unit' : ', which is NOT what was paid'}`,
    `  refunded  ${formatAmount(refunded, asset)}`,
    `  credited  ${formatAmount(credited, stakeToken)} to the tenant, from the stake of ${nameOf(winner, names)}, which also loses ${formatAmount(slashed, stakeToken)} for vanishing`,
    `  trust     ${nameOf(winner, names)} fell from score ${best?.score} (level ${best?.level}) to ${eras.at(-1)?.score} (level ${eras.at(-1)?.level})`,
    `  balances  ${conserved ? 'add up to what the escrow holds' : 'DO NOT add up'}`,
  ]
}

function nameOf(provider: bigint, names: Names): string {
  return names.get(provider) ?? `provider ${provider}`
}
