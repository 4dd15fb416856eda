import type { Terms } from '@tender/protocol'
import type { Hex } from 'viem'
import type { ChainView } from './decide.ts'
import type { KeptExtend, Reported } from './leaseRecord.ts'

/** Why a provider ends a lease. */
export type LeaveReason = 'noManifest' | 'cannotRun' | 'interrupted'

/** What a report says of a lease, and the proof. */
export type ServedLease = { terms: Terms } & Pick<Reported, 'served' | 'proof'>

/** What keeping leases needs of the chain. Every call is idempotent on what it leaves behind. */
export type LeaseMarket = {
  /** The lease as of now; `undefined` if the chain has no such lease (any more: it may have been rolled back). */
  view(terms: Terms, signal: AbortSignal): Promise<ChainView | undefined>
  /** Settles leases by time, all in one transaction. At most {@link MAX_SETTLE_BATCH}. */
  settle(terms: readonly Terms[], signal: AbortSignal): Promise<void>
  /** Settles leases with what one report says of each, all in one transaction. At most {@link MAX_SETTLE_BATCH}. */
  settleServed(era: bigint, leases: readonly ServedLease[], signal: AbortSignal): Promise<void>
  /** Settles a lease with the last report's word, if any report covers a time since its start, and by time from then on. */
  fallBack(
    terms: Terms,
    last: (Omit<ServedLease, 'terms'> & { era: bigint }) | undefined,
    signal: AbortSignal,
  ): Promise<void>
  /** Gives an ended lease's units back. */
  release(terms: Terms, signal: AbortSignal): Promise<void>
  /** Ends a lease: in its start window at once, an interruptible one after its notice. `evidence` is the hash of what explains it. */
  abandon(terms: Terms, because: LeaveReason, evidence: Hex, signal: AbortSignal): Promise<void>
  /** Prolongs a lease, as its tenant permitted. `newEnd`: unix seconds. */
  extend(terms: Terms, newEnd: number, consent: Omit<KeptExtend, 'runwaySeconds'>, signal: AbortSignal): Promise<void>
}

/** A batch of this size still fits well into a block. */
export const MAX_SETTLE_BATCH = 32
