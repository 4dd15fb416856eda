import type { ChainFacts, EventOf, MarketCall } from './facts.ts'
import type { Judge } from './judge.ts'
import { isJob, type LeaseBook, reasons, settledTo, stopOf } from './leaseBook.ts'

type Ended = EventOf<'leaseEscrow', 'LeaseEnded'>

const interruptible = 0

/**
 * Judges when a lease ended against docs/money.md. What a job's end pays is judged with jobs.
 *
 * @returns whether the provider's stake has to answer for it
 */
export function judgeEnd(facts: ChainFacts, judge: Judge, book: LeaseBook, event: Ended): boolean {
  const where = { lease: book.lease, block: event.at.block, tx: event.at.tx }
  judge.holds(!book.resolved, 'a lease that holds nothing any more ended', where)
  if (isJob(book)) {
    judge.same('when a job ended', event.at.time, event.args.closedAt, where)
    return isPunishedJob(facts, event)
  }
  const stop = stopFor(facts, book, event)
  if (typeof stop === 'string') judge.holds(false, stop, where)
  else
    judge.same(
      `the stop of a lease ended for reason ${event.args.reason}`,
      Math.min(stop, stopOf(book)),
      event.args.closedAt,
      where,
    )
  return event.args.reason === reasons.abandoned && event.at.time > book.terms.start + book.terms.startWindow
}

/** Deadline missed, or a result that its validators found bad. */
function isPunishedJob(facts: ChainFacts, { at, args }: Ended): boolean {
  const same = facts.events.filter((other) => other.at.tx === at.tx)
  if (args.reason === reasons.jobVerdict) {
    return same.some(({ name, args: told }) => name === 'JobJudged' && told.lease === args.lease && !told.passed)
  }
  if (args.reason !== reasons.jobExpired || same.some(({ name }) => name === 'JobSplit')) return false
  const ofJob = facts.events.filter(
    (other) => other.contract === 'jobs' && 'lease' in other.args && other.args.lease === args.lease,
  )
  return ofJob.some(({ name }) => name === 'JobBegun') && !ofJob.some(({ name }) => name === 'JobSubmitted')
}

/** When it had to stop, if nothing else stopped it sooner. A sentence if it could not be ended so. */
function stopFor(facts: ChainFacts, book: LeaseBook, event: Ended): number | string {
  const { terms } = book
  const now = event.at.time
  const early = now <= terms.start + terms.startWindow
  switch (event.args.reason) {
    case reasons.closedByTenant:
      return Math.max(now, terms.start + terms.minSeconds)
    case reasons.replaced:
      return replacedAt(facts, book, event)
    case reasons.interrupted:
      return terms.tier === interruptible
        ? now + terms.noticeSeconds
        : 'a lease was interrupted that is not interruptible'
    case reasons.noManifest:
    case reasons.cannotRun:
      return early ? settledTo(book) : 'a lease was given back for nothing after its start window'
    case reasons.abandoned:
      return early ? settledTo(book) : now
    case reasons.endedByMonitors:
      return endedByMonitorsAt(facts, book, event)
    default:
      return `a service ended for reason ${event.args.reason}`
  }
}

function replacedAt(facts: ChainFacts, { lease, terms }: LeaseBook, { at }: Ended): number | string {
  const order = (facts.calls.get(at.tx) ?? []).map(orderOf).find((each) => each?.previous === lease)
  if (!order) return 'a lease was replaced by no order that names it'
  if (order.tenant !== terms.tenant) return "a lease was replaced by another tenant's order"
  return Math.max(at.time + order.handoverSeconds, terms.start + terms.minSeconds)
}

function orderOf(call: MarketCall) {
  return call.name === 'matchOrder' || call.name === 'award' ? call.args[0] : undefined
}

function endedByMonitorsAt(facts: ChainFacts, book: LeaseBook, { at }: Ended): number | string {
  const calls = facts.calls.get(at.tx) ?? []
  const said = calls.flatMap((call) =>
    call.name === 'endLease' && call.args[1].lease === book.lease ? [call.args[1]] : [],
  )
  const [end] = said
  if (!end) return 'a lease was ended by monitors without their word'
  if (end.endedAt < settledTo(book) || end.endedAt > at.time) return `monitors ended a lease at ${end.endedAt}`
  return end.endedAt
}
