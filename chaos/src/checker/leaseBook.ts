import type { Hex } from 'viem'
import { hold, leaseIdOf, owed } from './arithmetic.ts'
import type { ChainFacts, MarketCall, MarketEvent, Moment, Terms } from './facts.ts'

/** What the checker's own books have of one lease. Times are Unix seconds, amounts smallest units. */
export type LeaseBook = {
  readonly lease: Hex
  readonly terms: Terms
  readonly opened: Moment
  end: number
  closedAt: number
  secondsPaid: number
  /** By time: seconds before this are settled or given up. */
  settledUntil: number
  released: boolean
  byTime: boolean
  resolved: boolean
  deposited: bigint
  refunded: bigint
  gross: bigint
  /** Of a job: how often its verify fee was taken, and what its verifier still has of it. */
  charges: number
  charged: bigint
}

/** Leases' ends that a provider's stake answers for. */
export type Penalty = { lease: LeaseBook; at: Moment }

export const kindOfJob = 1
export const reasons = {
  closedByTenant: 1,
  replaced: 2,
  interrupted: 3,
  noManifest: 4,
  cannotRun: 5,
  abandoned: 6,
  endedByMonitors: 7,
  jobAccepted: 8,
  jobVerdict: 9,
  jobExpired: 10,
} as const

export const isJob = ({ terms }: LeaseBook) => terms.kind === kindOfJob

/** When it ends or ended. */
export const stopOf = ({ closedAt, end }: LeaseBook) => (closedAt === 0 ? end : closedAt)

/** No second before this can still be paid. */
export const settledTo = ({ terms, secondsPaid, settledUntil }: LeaseBook) =>
  Math.max(terms.start + secondsPaid, settledUntil)

export function heldOf(book: LeaseBook): bigint {
  if (book.resolved) return 0n
  return hold(book.terms.rate, stopOf(book) - book.terms.start) - owed(book.terms.rate, book.secondsPaid)
}

/** The books of a lease that just opened. */
export function openBook(lease: Hex, terms: Terms, end: number, opened: Moment): LeaseBook {
  return {
    ...{ lease, terms, opened, end },
    ...{ closedAt: 0, secondsPaid: 0, settledUntil: terms.start, released: false, resolved: false },
    byTime: terms.uptimeBps === 0 && terms.kind !== kindOfJob,
    deposited: hold(terms.rate, end - terms.start),
    ...{ refunded: 0n, gross: 0n, charges: 0, charged: 0n },
  }
}

/** The calls of the event's transaction that name the lease by its terms, with its place among several. */
export function callsAbout(facts: ChainFacts, { at }: MarketEvent, lease: Hex): { call: MarketCall; place: number }[] {
  return (facts.calls.get(at.tx) ?? []).flatMap((call) =>
    termsOf(call).flatMap((terms, place) => (leaseIdOf(terms) === lease ? [{ call, place }] : [])),
  )
}

function termsOf(call: MarketCall): readonly Terms[] {
  if (call.contract !== 'leaseEscrow') return []
  switch (call.name) {
    case 'settleMany':
    case 'settleByTime':
      return call.args[0]
    case 'close':
    case 'extend':
    case 'extendWithSignature':
    case 'abandon':
    case 'settle':
    case 'settleByFallback':
    case 'finish':
    case 'release':
      return [call.args[0]]
    default:
      return []
  }
}

/** The report of an era as it counted at that moment: posted, not vetoed, and effective. */
export function reportAt(facts: ChainFacts, era: bigint, { time, block, index }: Moment) {
  const before = ({ at }: MarketEvent) => at.block < block || (at.block === block && at.index < index)
  let report: { root: Hex; coveredUntil: number } | undefined
  for (const event of facts.events) {
    if (!before(event)) break
    if (event.name === 'ReportVetoed' && event.args.era === era) report = undefined
    if (event.name === 'ReportPosted' && event.args.era === era && event.args.effectiveAt <= time) report = event.args
  }
  return report
}
