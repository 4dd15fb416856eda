import { bytes32Schema, canonicalJson, type Dialable } from '@tender/protocol'
import { type Hex, keccak256, stringToBytes } from 'viem'
import { z } from 'zod'
import { type LeaseBook, openLease } from '../leaseAccess.ts'
import { type LeaseRequest, leaseFields } from '../leaseStream.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** Most lines of a log that evidence holds. */
export const MAX_EVIDENCE_LINES = 50

/** Longest line of it. */
export const MAX_EVIDENCE_LINE_CHARACTERS = 2000

/**
 * Why a lease ended, as its provider saw it. The keccak256 of its canonical JSON is on the chain, so nothing in it can be
 * changed later, not even a character: a schema that altered words would break the hash.
 */
export type LeaseEvidence = {
  leaseId: Hex
  /** In words, one sentence. */
  reason: string
  /** Unix time in seconds. */
  endedAt: number
  /** How the workload ended, e.g. `exited with code 1`. */
  exit?: string | undefined
  /** The last that its provider saw of it, e.g. `running, waiting for db`. */
  lastStatus?: string | undefined
  /** The end of its log, oldest line first. */
  logTail: readonly string[]
}

const text = (most: number) => z.string().max(most)

/** See {@link LeaseEvidence}. Whoever shows its words to people cleans them of control characters first. */
export const leaseEvidenceSchema: z.ZodType<LeaseEvidence> = z.strictObject({
  leaseId: bytes32Schema,
  reason: text(2000),
  endedAt: z.int().min(0),
  exit: text(2000).optional(),
  lastStatus: text(2000).optional(),
  logTail: z.array(text(MAX_EVIDENCE_LINE_CHARACTERS)).max(MAX_EVIDENCE_LINES),
})

/** The hash that goes on the chain for evidence. */
export function evidenceHash({ logTail, ...rest }: LeaseEvidence): Hex {
  return keccak256(stringToBytes(canonicalJson({ ...rest, logTail: [...logTail] })))
}

const evidence = defineRequest({
  name: 'evidence',
  request: z.strictObject(leaseFields),
  response: z.strictObject({ evidence: leaseEvidenceSchema.optional() }),
  maxRequestBytes: 16 * 1024,
  maxResponseBytes: 512 * 1024,
  timeoutMs: 10_000,
  limits: { maxStreams: 64, maxPerCaller: 16, rate: { perSecond: 5, burst: 20 } },
})

/**
 * Asks a provider why a lease ended; `undefined` if it has not, or nothing is kept.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, …
 */
export async function askEvidence(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest,
  signal: AbortSignal,
): Promise<LeaseEvidence | undefined> {
  const answer = await callPeer(node, provider, evidence, request, signal)
  return answer.evidence
}

/** Serves {@link askEvidence}, to the lease's agent only. */
export function serveEvidence(
  node: NetworkNode,
  leases: LeaseBook & { evidence(lease: Hex, signal: AbortSignal): Promise<LeaseEvidence | undefined> },
): Promise<() => Promise<void>> {
  return servePeers(node, evidence, async ({ lease, session }, caller, signal) => {
    await openLease(node, leases, { lease, session, scope: 'logs' }, caller, signal)
    return { evidence: await leases.evidence(lease, signal) }
  })
}
