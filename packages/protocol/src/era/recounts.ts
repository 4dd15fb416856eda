import type { Hex } from 'viem'
import { TenderError } from '../errors.ts'
import { creditIn, unobserved } from './eraLeases.ts'
import { findByLease, leaseMetric } from './metric.ts'
import type { EraDispute, EraInput, EraLease, EraState, FactsView, LeaseRecord, Recount } from './types.ts'

/** What the recounts of an era come to. */
export type Recounted = {
  /** By lease: how much more it was than reported. */
  corrections: ReadonlyMap<Hex, Correction>
  verdicts: readonly { dispute: bigint; upheld: boolean }[]
  /** For the next state. */
  recounted: EraState['recounted']
}

export type Correction = { lease: EraLease; served: number; credit: bigint; unobserved: number }

/**
 * Recounts what disputes ask for: a lease's era is computed anew from all batches that are known by now. The first recount of a
 * lease and era counts; who asks again gets no other answer.
 *
 * @param startedAt when a lease started, as is known now; 0: not at all
 * @throws {TenderError} `badEraInput` for a recount that no open dispute of the facts asks for
 */
export function recountAll(
  { previous, facts, recounts }: Pick<EraInput, 'previous' | 'facts' | 'recounts'>,
  startedAt: (lease: Hex) => number,
): Recounted {
  const done = new Set(previous.recounted.map(keyOf))
  const corrections = new Map<Hex, Correction>()
  const recounted = [...previous.recounted]
  const verdicts = recounts.map((recount) => {
    const { dispute, lease, era } = recount.dispute
    if (!isAsked(facts, recount)) throw unasked(recount.dispute)
    if (done.has(keyOf(recount.dispute))) return { dispute, upheld: false }
    const change = changeOf(recount, startedAt(lease))
    if (change === undefined) return { dispute, upheld: false }
    done.add(keyOf(recount.dispute))
    recounted.push({ lease, era })
    corrections.set(lease, plus(change, corrections.get(lease)))
    return { dispute, upheld: change.served !== 0 || change.credit !== 0n }
  })
  return { corrections, verdicts, recounted: recounted.sort(byLeaseAndEra) }
}

/** A lease's record with what a recount changed. */
export function corrected(record: LeaseRecord, correction: Correction | undefined): LeaseRecord {
  if (correction === undefined) return record
  const credit = record.credit + correction.credit
  return {
    ...record,
    served: Math.max(0, record.served + correction.served),
    credit: credit > 0n ? credit : 0n,
    unobserved: Math.max(0, record.unobserved + correction.unobserved),
  }
}

/** `undefined`: the disputed era did not have the lease. */
function changeOf({ dispute, facts, batches, metric }: Recount, startedAt: number): Correction | undefined {
  const lease = findByLease(facts.leases, dispute.lease)
  const now = leaseMetric(facts, batches, dispute.lease, startedAt)
  if (lease === undefined || now === undefined || metric === undefined) return undefined
  const assetRate = rateOf(facts, lease)
  return {
    lease,
    served: now.servedSeconds - metric.servedSeconds,
    credit: creditIn(facts, lease, now, assetRate) - creditIn(facts, lease, metric, assetRate),
    unobserved: unobserved(now) - unobserved(metric),
  }
}

function rateOf({ rules }: FactsView, { asset }: EraLease): bigint {
  return rules.rates.find((one) => one.asset === asset)?.rate ?? 0n
}

function plus(change: Correction, before: Correction | undefined): Correction {
  if (before === undefined) return change
  return {
    lease: change.lease,
    served: before.served + change.served,
    credit: before.credit + change.credit,
    unobserved: before.unobserved + change.unobserved,
  }
}

function isAsked(facts: FactsView, { dispute, facts: { era } }: Recount): boolean {
  return (
    era === dispute.era &&
    era < facts.era &&
    facts.disputes.some((one) => one.dispute === dispute.dispute && keyOf(one) === keyOf(dispute))
  )
}

function unasked({ dispute, lease, era }: EraDispute): TenderError {
  return new TenderError(`no open dispute asks for recount ${dispute}`, {
    code: 'badEraInput',
    class: 'user',
    data: { dispute, lease, era },
  })
}

const keyOf = ({ lease, era }: { lease: Hex; era: bigint }): string => `${lease} ${era}`

function byLeaseAndEra(a: EraState['recounted'][number], b: EraState['recounted'][number]): number {
  if (a.lease !== b.lease) return a.lease < b.lease ? -1 : 1
  return a.era < b.era ? -1 : 1
}
