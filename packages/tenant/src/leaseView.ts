import type { LeaseStatus } from '@tender/network/browser'
import { owed, reasonText } from '@tender/protocol'
import type { Lease, MarketAsset } from '@tender/sdk'
import type { Hex } from 'viem'
import type { TenantLease } from './records.ts'

/** What a provider said of a lease's workload, or why it said nothing. */
export type WorkloadReport = LeaseStatus | { phase: 'silent'; reason: string }

/** A lease in words and amounts: chain, provider and record in one. Times are unix seconds, amounts smallest units. */
export type LeaseView = {
  leaseId: Hex
  name: string
  provider: bigint
  /**
   * - `running`, `starting`, `failed`: as its provider says.
   * - `undelivered`: it waits for its manifest.
   * - `silent`: its provider does not answer.
   * - `ending`: it is closed, but its last second is still to come.
   * - `settling`: it is over, and its money is not yet divided.
   * - `ended`: nothing is held any more.
   * - `unknown`: the chain does not know it.
   */
  status: 'running' | 'starting' | 'failed' | 'undelivered' | 'silent' | 'ending' | 'settling' | 'ended' | 'unknown'
  /** Why it ended, failed or is not known. */
  reason: string | undefined
  url: string | undefined
  start: number
  stop: number
  /** 0 once it is over. */
  remainingSeconds: number
  rate: bigint
  /** What it cost until now. */
  cost: bigint
  /** What escrow still holds for it, for the provider to earn or to come back. */
  held: bigint
  asset: MarketAsset
}

export type LeaseFacts = {
  record: TenantLease
  asset: MarketAsset
  /** Absent if the chain does not know it. */
  lease: Lease | undefined
  /** Reason code of an early end. */
  endReason: number | undefined
  /** Absent if nobody was asked. */
  workload: WorkloadReport | undefined
  nowSeconds: number
}

/** Puts together what is known of a lease. */
export function viewLease(facts: LeaseFacts): LeaseView {
  const { record, asset, lease } = facts
  const { leaseId, name, terms, url } = record
  const { provider, rate, start } = terms
  const same = { leaseId, name, provider, rate, start, asset, url }
  if (!lease) {
    const reason = 'the chain does not know it: perhaps it was started anew'
    return { ...same, status: 'unknown', reason, stop: start, remainingSeconds: 0, cost: 0n, held: 0n }
  }
  // A chain without transactions has no new blocks, so its clock may be behind.
  const now = Math.max(facts.nowSeconds, lease.timestamp)
  const { stop, held } = lease
  const seconds = lease.status === 'resolved' ? lease.secondsPaid : Math.max(0, Math.min(now, stop) - start)
  const money = { stop, held, cost: owed(rate, seconds), remainingSeconds: Math.max(0, stop - now) }
  return { ...same, ...money, ...stateOf(lease, facts, now >= stop) }
}

function stateOf(
  { status, closedAt }: Lease,
  { endReason, workload }: LeaseFacts,
  isOver: boolean,
): Pick<LeaseView, 'status' | 'reason'> {
  const reason =
    closedAt === undefined ? 'its time is over' : endReason === undefined ? undefined : reasonText(endReason)
  if (status === 'resolved') return { status: 'ended', reason }
  if (isOver) return { status: 'settling', reason }
  if (status === 'ending') return { status: 'ending', reason }
  return { status: workload ? phases[workload.phase] : 'running', reason: workload?.reason }
}

const phases: Record<WorkloadReport['phase'], LeaseView['status']> = {
  waiting: 'undelivered',
  starting: 'starting',
  ready: 'running',
  ended: 'failed',
  failed: 'failed',
  stopped: 'failed',
  silent: 'silent',
}

const statusWords: Record<LeaseView['status'], string> = {
  running: 'running',
  starting: 'starting',
  failed: 'does not run',
  undelivered: 'waits for its files: run `tender up` again',
  silent: 'its provider does not answer',
  ending: 'ends soon',
  settling: 'over, being settled',
  ended: 'ended',
  unknown: 'unknown',
}

/** A lease's state for people. */
export function statusText({ status, reason }: Pick<LeaseView, 'status' | 'reason'>): string {
  return reason === undefined ? statusWords[status] : `${statusWords[status]}: ${reason}`
}
