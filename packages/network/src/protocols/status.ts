import { bytes32Schema, type Dialable, wordsSchema, workloadUrlSchema } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { type LeaseBook, openLease, type SignedSession, signedSessionSchema } from '../leaseAccess.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'
import { revisionSchema } from '../schemas.ts'

/** How far a lease's workload is. `waiting`: for the manifest. `ended`: a command ran to its end. `stopped`: the lease is over. */
export type LeaseStatus = {
  phase: 'waiting' | 'starting' | 'ready' | 'ended' | 'failed' | 'stopped'
  url?: string | undefined
  /** Why it failed or ended, one sentence. */
  reason?: string | undefined
  /** What keeps it from being ready or well, e.g. `db is not healthy`. */
  waitingFor?: string | undefined
  /** Which version of the manifest runs: 0 as ordered, then its updates. */
  revision: number
  /** The last update that was asked for. */
  update?: { revision: number; state: 'running' | 'done' | 'failed'; reason?: string | undefined } | undefined
  /** When the lease ends as things stand, unix time in seconds. */
  stop: number
}

const status = defineRequest({
  name: 'status',
  request: z.strictObject({ lease: bytes32Schema, session: signedSessionSchema.optional() }),
  response: z.strictObject({
    phase: z.enum(['waiting', 'starting', 'ready', 'ended', 'failed', 'stopped']),
    url: workloadUrlSchema.optional(),
    reason: wordsSchema(2000).optional(),
    waitingFor: wordsSchema(2000).optional(),
    revision: revisionSchema,
    update: z
      .strictObject({
        revision: revisionSchema,
        state: z.enum(['running', 'done', 'failed']),
        reason: wordsSchema(2000).optional(),
      })
      .optional(),
    stop: z.int().min(0),
  }),
  maxRequestBytes: 16 * 1024,
  maxResponseBytes: 32 * 1024,
  timeoutMs: 5_000,
  limits: { maxStreams: 256, maxPerCaller: 64, rate: { perSecond: 50, burst: 100 } },
})

/** Asks the provider how a lease's workload is. @throws {RefusedError} `unknownLease`, `notAgent`, … */
export function askStatus(
  node: NetworkNode,
  provider: Dialable,
  request: { lease: Hex; session?: SignedSession | undefined },
  signal: AbortSignal,
): Promise<LeaseStatus> {
  return callPeer(node, provider, status, request, signal)
}

/** Answers {@link askStatus}, to the lease's agent only. */
export function serveStatus(
  node: NetworkNode,
  leases: LeaseBook & { status(lease: Hex, signal: AbortSignal): Promise<LeaseStatus> },
): Promise<() => Promise<void>> {
  return servePeers(node, status, async ({ lease, session }, caller, signal) => {
    await openLease(node, leases, { lease, session, scope: 'streams' }, caller, signal)
    return leases.status(lease, signal)
  })
}
