import { leaseEscrowAbi } from '@tender/abi'
import { kinds, leaseId, NotFoundError, owed, type Terms } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { getChainTime } from './getChainTime.ts'

export type GetLeaseParameters = { lease: LeaseReference }

/**
 * - `running`: nobody ended it. A job is that until it is resolved.
 * - `ending`: somebody ended it, but its last second is still to come.
 * - `over`: past its stop, not all of its money is settled.
 * - `resolved`: nothing is held any more.
 */
export type LeaseStatus = 'running' | 'ending' | 'over' | 'resolved'

/** A lease as of the latest block. Times are Unix seconds, amounts the smallest unit of the lease's asset. */
export type Lease = {
  leaseId: Hex
  terms: Terms
  status: LeaseStatus
  /** Paid until. */
  end: number
  /** When it was ended early; absent while nobody did. */
  closedAt: number | undefined
  /** When it stops or stopped: the earlier of both. */
  stop: number
  /** Seconds that the provider was paid for; 0 for a job, which is paid at once: see its `LeaseSettled`. */
  secondsPaid: number
  /** By time: earlier seconds are settled or forfeited. */
  settledUntil: number
  /** Its units are free again. */
  released: boolean
  /** Settled by time, not by reports. */
  byTime: boolean
  /** What is still held for it. */
  held: bigint
  /** What a settlement by time would pay now, fee included; 0 for a lease that waits for reports. */
  owed: bigint
  /** The chain's clock when this was read. */
  timestamp: number
}
export type GetLeaseReturnType = Lease

/**
 * How a lease stands.
 *
 * @throws {NotFoundError}
 *
 * @example
 * const { status, stop, held } = await getLease(market, { lease: leaseId })
 * // 'running', 1795238167, 19334n
 */
export async function getLease(client: MarketClient, { lease }: GetLeaseParameters): Promise<GetLeaseReturnType> {
  const terms = await termsOf(client, lease)
  const id = leaseId(terms)
  const escrow = { address: client.book.contracts.leaseEscrow, abi: leaseEscrowAbi } as const
  const [state, { timestamp }] = await Promise.all([
    translated(client, client.rpc.readContract({ ...escrow, functionName: 'leaseOf', args: [id] })),
    getChainTime(client),
  ])
  if (state.end === 0)
    throw new NotFoundError(`there is no lease ${id}`, { code: 'unknownLease', data: { leaseId: id } })
  const held = await translated(client, client.rpc.readContract({ ...escrow, functionName: 'heldOf', args: [terms] }))
  const { end, closedAt, secondsPaid, settledUntil, released, byTime, resolved } = state
  const stop = closedAt === 0 ? end : Math.min(end, closedAt)
  // What a job is paid for says nothing about how long it takes: it runs until it is resolved.
  const isOver = timestamp >= stop && terms.kind !== kinds.job
  const status = resolved ? 'resolved' : isOver ? 'over' : closedAt === 0 ? 'running' : 'ending'
  return {
    leaseId: id,
    terms,
    status,
    end,
    closedAt: closedAt === 0 ? undefined : closedAt,
    stop,
    secondsPaid,
    settledUntil,
    released,
    byTime,
    held,
    owed: byTime && !resolved ? owedByTime(terms, { secondsPaid, settledUntil, stop }, timestamp) : 0n,
    timestamp,
  }
}

function owedByTime(
  { rate, maxSilence }: Terms,
  { secondsPaid, settledUntil, stop }: { secondsPaid: number; settledUntil: number; stop: number },
  now: number,
): bigint {
  const from = maxSilence > 0 ? Math.max(settledUntil, now - maxSilence) : settledUntil
  const seconds = Math.max(0, Math.min(now, stop) - from)
  return owed(rate, secondsPaid + seconds) - owed(rate, secondsPaid)
}
