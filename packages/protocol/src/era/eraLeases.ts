import { TenderError } from '../errors.ts'
import { SECONDS_PER_HOUR } from '../tables.ts'
import { creditOf } from './credits.ts'
import { type Judgement, judgeLease, metricOf } from './metric.ts'
import { createObserver, type Sighting } from './observer.ts'
import { agreedRatings } from './ratings.ts'
import { endingOf, type LeaseOutcome } from './reputation.ts'
import type { BatchView, EraLease, FactsView, LeaseMetric, LeaseRecord, StateView } from './types.ts'

/**
 * A final lease is kept for so many eras. A dispute can be opened once the final report is posted, and while the one after it is;
 * it is recounted in the next one then.
 */
export const RECOUNT_ERAS = 2n

/** What an era does to one lease. */
export type LeaseStep = {
  lease: EraLease
  /** After the era; `undefined`: it was let go of long ago, and only its last fees count. */
  record: LeaseRecord | undefined
  /** `undefined`: it was final before. */
  metric: LeaseMetric | undefined
  /** Places in `facts.monitors`: drawn for it while something was due, and those who agreed. */
  assigned: readonly number[]
  agreed: readonly number[]
  outcome: LeaseOutcome | undefined
  /** This report is the first to reach its end. */
  isFinal: boolean
}

export type LeaseInput = { previous: StateView; facts: FactsView; batches: readonly BatchView[] }

/**
 * Every lease of the era's facts, in their order.
 *
 * @param others takes the records of final leases that the facts do not have
 * @throws {TenderError} `badEraInput` if the facts lack one that is not final
 */
export function* eraLeases(
  { previous, facts, batches }: LeaseInput,
  others: (record: LeaseRecord) => void,
): Generator<LeaseStep> {
  const observe = createObserver(facts, batches)
  const ratings = agreedRatings(facts.monitors, batches)
  const rates = new Map(facts.rules.rates.map(({ asset, rate }) => [asset, rate]))
  const recordOf = createJoin(previous, (record) => {
    if (record.finalEra === 0n) throw missing(record)
    others(record)
  })
  for (const lease of facts.leases) {
    const before = recordOf(lease)
    const assetRate = rates.get(lease.asset) ?? 0n
    const stars = before?.stars === 0 && lease.stop <= facts.until ? ratings(lease) : undefined
    const context = { facts, assetRate, stars }
    if (before === undefined || before.finalEra > 0n) yield afterwards(lease, before, context)
    else yield during(lease, before, context, observe(lease))
  }
  recordOf(undefined)
}

type Context = { facts: FactsView; assetRate: bigint; stars: number | undefined }

/** A lease that was final before: its rating may still come. */
function afterwards(lease: EraLease, before: LeaseRecord | undefined, { assetRate, stars }: Context): LeaseStep {
  const record = before && stars ? { ...before, stars } : before
  const outcome: LeaseOutcome | undefined =
    record && stars
      ? {
          ...{
            rate: lease.rate,
            assetRate,
            dueSeconds: 0,
            lifeSeconds: 0,
            upBps: undefined,
            promisedBps: lease.uptimeBps,
          },
          ...{
            latencyMs: undefined,
            spreadMs: undefined,
            ending: 'unstarted' as const,
            paid: owed(lease, record.served),
            stars,
          },
        }
      : undefined
  return { lease, record, metric: undefined, assigned: [], agreed: [], outcome, isFinal: false }
}

function during(
  lease: EraLease,
  before: LeaseRecord,
  { facts, assetRate, stars }: Context,
  sighting: Sighting,
): LeaseStep {
  const judged = judgeLease(lease, facts, before.startedAt, sighting)
  const isFinal = lease.stop <= facts.until
  const { dueSeconds, upBps, latencyMs, spreadMs } = judged
  const { creditBps } = facts.rules
  const credit = creditOf({ rate: lease.rate, dueSeconds, upBps, promisedBps: lease.uptimeBps, creditBps, assetRate })
  const record: LeaseRecord = {
    lease: lease.lease,
    served: before.served + judged.servedSeconds,
    credit: before.credit + credit,
    unobserved: before.unobserved + unobserved(judged),
    startedAt: judged.startedAt,
    finalEra: isFinal ? facts.era : 0n,
    stars: stars ?? 0,
  }
  const outcome: LeaseOutcome = {
    ...{ rate: lease.rate, assetRate, dueSeconds, lifeSeconds: judged.lifeSeconds, upBps },
    ...{ promisedBps: lease.uptimeBps, latencyMs, spreadMs, stars },
    ...{ ending: endingOf(lease, facts.until), paid: owed(lease, record.served) },
  }
  const metric = metricOf(lease.lease, judged, sighting, facts.monitors)
  const counted = dueSeconds > 0 ? { assigned: sighting.assigned, agreed: judged.agreed } : { assigned: [], agreed: [] }
  return { lease, record, metric, ...counted, outcome, isFinal }
}

/** Seconds for which nobody is to blame. */
export function unobserved({ upBps, dueSeconds }: Pick<Judgement, 'upBps' | 'dueSeconds'>): number {
  return upBps === undefined ? dueSeconds : 0
}

/** What its provider is paid for so many seconds, smallest units of the asset; what a rating of it weighs. */
function owed({ rate }: Pick<EraLease, 'rate'>, served: number): bigint {
  return (rate * BigInt(served)) / BigInt(SECONDS_PER_HOUR)
}

/** Walks the state beside the facts. `undefined`: there are no more leases. What is skipped is over. */
function createJoin(
  previous: StateView,
  skip: (record: LeaseRecord) => void,
): (lease: EraLease | undefined) => LeaseRecord | undefined {
  let next = 0
  return (lease) => {
    for (; next < previous.leases.length; next++) {
      const record = previous.leases.at(next)
      if (record === undefined || (lease && record.lease > lease.lease)) break
      if (record.lease !== lease?.lease) {
        skip(record)
        continue
      }
      next++
      return record
    }
    return lease && lease.stop > previous.coveredUntil ? newRecord(lease) : undefined
  }
}

function newRecord({ lease }: EraLease): LeaseRecord {
  return { lease, served: 0, credit: 0n, unobserved: 0, startedAt: 0, finalEra: 0n, stars: 0 }
}

function missing({ lease }: LeaseRecord): TenderError {
  return new TenderError(`the era's facts lack lease ${lease}, which is not final`, {
    code: 'badEraInput',
    class: 'user',
    data: { lease },
  })
}
