import type { Terms } from '@tender/protocol'
import type { ChainView } from './decide.ts'

/** What keeping leases needs of the chain. Every call is idempotent on what it leaves behind. */
export type LeaseMarket = {
  /** The lease as of now; `undefined` if the chain has no such lease (any more: it may have been rolled back). */
  view(terms: Terms, signal: AbortSignal): Promise<ChainView | undefined>
  /** Settles leases by time, all in one transaction. At most {@link MAX_SETTLE_BATCH}. */
  settle(terms: readonly Terms[], signal: AbortSignal): Promise<void>
  /** Gives an ended lease's units back. */
  release(terms: Terms, signal: AbortSignal): Promise<void>
  /** Ends a lease in its start window. `evidence` explains it, one sentence; its hash goes on chain. */
  abandon(terms: Terms, because: 'noManifest' | 'cannotRun', evidence: string, signal: AbortSignal): Promise<void>
}

/** A batch of this size still fits well into a block. */
export const MAX_SETTLE_BATCH = 32
