import type { Lease } from '@tender/api'
import { deposit, owed, shorten } from '@tender/protocol'

/** What of a lease its money follows from. */
export type LeaseMoneyTerms = Pick<
  Lease,
  'rate' | 'start' | 'end' | 'stop' | 'minSeconds' | 'secondsPaid' | 'resolved' | 'paid'
>

/**
 * What it cost until `now` (unix seconds), smallest units: once it is resolved what was paid, before what its time is worth. A job
 * costs nothing before its result is taken.
 */
export function costSoFar({ rate, start, stop, resolved, paid }: LeaseMoneyTerms, now: number): bigint {
  return resolved || stop === null ? paid : owed(rate, Math.max(0, Math.min(now, stop) - start))
}

/** What closing at `now` would mean. Amounts in smallest units. */
export type ClosePreview = {
  /** When it would stop: now, or after the least time that the offer asked. Unix seconds. */
  stopsAt: number
  /** Comes back at once. */
  refunded: bigint
  /** Stays held until the provider settles what it earned; what nobody claims comes back too. */
  stays: bigint
}

/** What closing a running lease at `now` brings back, by the escrow's own arithmetic. */
export function closePreview(
  { rate, start, end, minSeconds, secondsPaid }: LeaseMoneyTerms,
  now: number,
): ClosePreview {
  const seconds = Math.min(end - start, Math.max(now - start, minSeconds))
  const { lease, refunded } = shorten({ rate, heldSeconds: end - start, secondsPaid }, seconds)
  return {
    stopsAt: start + lease.heldSeconds,
    refunded,
    stays: deposit(rate, lease.heldSeconds) - owed(rate, secondsPaid),
  }
}

/** What extending to `newEnd` takes from the balance, smallest units. */
export function extendCost({ rate, start, end }: LeaseMoneyTerms, newEnd: number): bigint {
  return deposit(rate, newEnd - start) - deposit(rate, end - start)
}

/** Reported uptime over the time that reports cover, in basis points; absent before the first report. */
export function reportedUptimeBps(
  { start, stop }: Pick<Lease, 'start' | 'stop'>,
  last: { served: number; coveredUntil: number } | undefined,
): number | undefined {
  if (!last) return undefined
  const covered = Math.min(stop ?? last.coveredUntil, last.coveredUntil) - start
  return covered <= 0 ? undefined : Math.min(10_000, Math.floor((last.served * 10_000) / covered))
}
