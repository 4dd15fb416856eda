import type { Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import type { LeaseBook, SignedSession } from '../leaseAccess.ts'
import type { NetworkNode } from '../node.ts'

/** How far a lease's workload is. */
export type LeaseStatus = {
  phase: 'waiting' | 'preparing' | 'starting' | 'ready' | 'stopping' | 'ended' | 'failed'
  url?: string | undefined
  /** Why it failed or ended, one sentence. */
  reason?: string | undefined
}

/** Asks the provider how a lease's workload is. @throws {RefusedError} `notAgent`, `unknownLease` */
export declare function askStatus(
  node: NetworkNode,
  provider: Dialable,
  request: { lease: Hex; session?: SignedSession | undefined },
  signal: AbortSignal,
): Promise<LeaseStatus>

/** Answers {@link askStatus}, to the lease's agent only. */
export declare function serveStatus(
  node: NetworkNode,
  leases: LeaseBook & { status(lease: Hex, signal: AbortSignal): Promise<LeaseStatus> },
): Promise<() => Promise<void>>
