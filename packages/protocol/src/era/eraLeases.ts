import { TenderError } from '../errors.ts'
import { BASIS_POINTS, reasonCodes, SECONDS_PER_HOUR } from '../tables.ts'
import { creditOf } from './credits.ts'
import { type Judgement, judgeLease, lifeOf, metricOf } from './metric.ts'
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
  /** Its tenant's opinion, if it came in this era. */
  stars: number | undefined
  /** Places in `facts.monitors`: drawn for it while something was due, and those who agreed. */
  assigned: readonly number[]
  agreed: readonly number[]
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
    const stars = before?.stars === 0 && lease.stop <= facts.until ? ratings(lease) : undefined
    if (before === undefined || before.finalEra > 0n) yield afterwards(lease, before, stars)
    else yield during(lease, before, { facts, assetRate: rates.get(lease.asset) ?? 0n, stars }, observe(lease))
  }
  recordOf(undefined)
}

/** A lease that was final before: its rating may still come. */
function afterwards(lease: EraLease, before: LeaseRecord | undefined, stars: number | undefined): LeaseStep {
  const record = before && stars !== undefined ? { ...before, stars } : before
  return { lease, record, metric: undefined, stars, assigned: [], agreed: [], isFinal: false }
}

type Context = { facts: FactsView; assetRate: bigint; stars: number | undefined }

function during(
  lease: EraLease,
  before: LeaseRecord,
  { facts, assetRate, stars }: Context,
  sighting: Sighting,
): LeaseStep {
  const judged = judgeLease(lease, facts, before.startedAt, sighting)
  const isFinal = lease.stop <= facts.until
  const record: LeaseRecord = {
    lease: lease.lease,
    served: before.served + judged.servedSeconds,
    credit: before.credit + creditIn(facts, lease, judged, assetRate),
    unobserved: before.unobserved + unobserved(judged),
    startedAt: judged.startedAt,
    finalEra: isFinal ? facts.era : 0n,
    stars: stars ?? 0,
  }
  const metric = metricOf(lease.lease, judged, sighting, facts.monitors)
  const counted =
    judged.dueSeconds > 0 ? { assigned: sighting.assigned, agreed: judged.agreed } : { assigned: [], agreed: [] }
  return { lease, record, metric, stars, ...counted, isFinal }
}

/**
 * What its provider owes for one era of a lease. What the monitors ended was owed until its planned end: that it was gone is what
 * more than two thirds of them signed. Who leaves by itself pays on chain for that.
 */
export function creditIn(
  { rules: { creditBps } }: Pick<FactsView, 'rules'>,
  { rate, uptimeBps, endReason }: EraLease,
  {
    dueSeconds,
    servedSeconds,
    lostSeconds,
    upBps,
  }: Pick<LeaseMetric, 'dueSeconds' | 'servedSeconds' | 'lostSeconds' | 'upBps'>,
  assetRate: bigint,
): bigint {
  const terms = { rate, promisedBps: uptimeBps, creditBps, assetRate }
  if (endReason !== reasonCodes.endedByMonitors || lostSeconds === 0) return creditOf({ ...terms, dueSeconds, upBps })
  const owed = dueSeconds + lostSeconds
  return creditOf({ ...terms, dueSeconds: owed, upBps: Math.floor((servedSeconds * BASIS_POINTS) / owed) })
}

/**
 * What a lease's era means for its provider; `undefined`: nothing.
 *
 * @param step without the lease: it may be read again from bytes
 */
export function outcomeOf(
  lease: EraLease,
  { record, metric, stars }: Pick<LeaseStep, 'record' | 'metric' | 'stars'>,
  { until, assetRate }: { until: number; assetRate: bigint },
): LeaseOutcome | undefined {
  if (record === undefined || (metric === undefined && stars === undefined)) return undefined
  return {
    ...{ rate: lease.rate, assetRate, promisedBps: lease.uptimeBps, paid: owed(lease, record.served), stars },
    dueSeconds: metric ? metric.dueSeconds + metric.lostSeconds : 0,
    lifeSeconds: metric ? lifeOf(lease, record.startedAt, until) : 0,
    ...{ upBps: metric?.upBps, latencyMs: metric?.latencyMs, spreadMs: metric?.spreadMs },
    // What was final before counted then; only its rating is new.
    ending: metric ? endingOf(lease, until) : 'unstarted',
  }
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
