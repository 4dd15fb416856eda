import type { Hex } from 'viem'
import { BASIS_POINTS } from '../tables.ts'
import { medianLow } from './median.ts'
import { createObserver, type Seen, type Sighting } from './observer.ts'
import { endingOf } from './reputation.ts'
import type { BatchView, EraLease, FactsView, LeaseMetric, List } from './types.ts'

/** Who is further from the median than this was not near it: some route may fail for one monitor and not for others. */
export const NEAR_BPS = 2_500
/** With fewer nobody can say who is off. */
const LEAST_TO_COMPARE = 3

/** What is agreed about one lease in one era. Monitors are places in `facts.monitors`. */
export type Judgement = {
  dueSeconds: number
  servedSeconds: number
  /** After its stop; see {@link judgeLease}. */
  lostSeconds: number
  upBps: number | undefined
  latencyMs: number | undefined
  spreadMs: number | undefined
  /** As far as it is known after this era; 0: not at all. */
  startedAt: number
  /** Those of its monitors that saw it, and were near the median or could not be compared. */
  agreed: readonly number[]
}

/**
 * Judges a lease by what its monitors saw. Due is the time of the era from when it had to serve (it started, or its start window
 * was over) until it stopped; served is of that the median share. If not more than half of its monitors saw it, nobody knows:
 * then all that was due counts as served.
 *
 * If its provider left it in the lurch, the rest of the era up to when it was to end is lost: nobody pays for it, but it counts
 * against the provider.
 *
 * @param startedAt what earlier eras knew
 */
export function judgeLease(
  lease: Pick<EraLease, 'start' | 'stop' | 'end' | 'startWindow' | 'endReason'>,
  { from, until }: Pick<FactsView, 'from' | 'until'>,
  startedAt: number,
  { assigned, seen }: Sighting,
): Judgement {
  const known = seen.length > assigned.length / 2
  const started = startedAt > 0 || !known ? startedAt : (medianLow(seen.map((one) => one.startedAt)) ?? 0)
  const begin = Math.max(from, beginOf(lease, started))
  const dueSeconds = Math.max(0, Math.min(until, lease.stop) - begin)
  const isLost = endingOf(lease, until) === 'failed'
  const upBps = known ? medianLow(seen.map((one) => one.upBps)) : undefined
  const answered = known ? seen.filter(({ latencyMs }) => latencyMs > 0) : []
  return {
    dueSeconds,
    servedSeconds: upBps === undefined ? dueSeconds : Math.floor((dueSeconds * upBps) / BASIS_POINTS),
    lostSeconds: isLost ? Math.max(0, Math.min(until, lease.end) - Math.max(begin, lease.stop)) : 0,
    upBps,
    latencyMs: medianLow(answered.map(({ latencyMs }) => latencyMs)),
    spreadMs: medianLow(answered.map(({ spreadMs }) => spreadMs)),
    startedAt: started,
    agreed: seen.filter((one) => isNear(one, upBps, seen.length)).map(({ monitor }) => monitor),
  }
}

/** Seconds in which a lease had to serve since it began. */
export function lifeOf(
  lease: Pick<EraLease, 'start' | 'stop' | 'startWindow'>,
  startedAt: number,
  until: number,
): number {
  return Math.max(0, Math.min(until, lease.stop) - beginOf(lease, startedAt))
}

/** From when on a lease had to serve. */
function beginOf({ start, startWindow }: Pick<EraLease, 'start' | 'startWindow'>, startedAt: number): number {
  const latest = start + startWindow
  return startedAt === 0 ? latest : Math.max(start, Math.min(startedAt, latest))
}

function isNear({ upBps }: Seen, median: number | undefined, count: number): boolean {
  return median === undefined || count < LEAST_TO_COMPARE || Math.abs(upBps - median) <= NEAR_BPS
}

/** A judgement as it is shown. */
export function metricOf(
  lease: Hex,
  { dueSeconds, servedSeconds, lostSeconds, upBps, latencyMs, spreadMs }: Judgement,
  { assigned, seen }: Sighting,
  monitors: FactsView['monitors'],
): LeaseMetric {
  const addresses = assigned.flatMap((index) => monitors[index]?.monitor ?? [])
  const seenBy =
    seen.length === addresses.length ? addresses : seen.flatMap(({ monitor }) => monitors[monitor]?.monitor ?? [])
  return { lease, dueSeconds, servedSeconds, lostSeconds, upBps, latencyMs, spreadMs, assigned: addresses, seenBy }
}

/**
 * What an era's facts and batches say of one lease; `undefined` if the facts do not have it. The same as in `computeEra`'s metrics.
 *
 * @param startedAt what is known of its start besides, 0: nothing
 */
export function leaseMetric(
  facts: FactsView,
  batches: readonly BatchView[],
  lease: Hex,
  startedAt: number,
): LeaseMetric | undefined {
  const found = findByLease(facts.leases, lease)
  if (found === undefined) return undefined
  const sighting = createObserver(facts, batches)(found)
  return metricOf(lease, judgeLease(found, facts, startedAt, sighting), sighting, facts.monitors)
}

/** Of a list that is sorted by lease. */
export function findByLease<T extends { lease: Hex }>(list: List<T>, lease: Hex): T | undefined {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((list.at(middle)?.lease ?? lease) < lease) low = middle + 1
    else high = middle
  }
  const found = list.at(low)
  return found?.lease === lease ? found : undefined
}
