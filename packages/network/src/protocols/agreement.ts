import {
  bytes32Schema,
  type Dialable,
  type LeaseEnd,
  leaseEndSchema,
  type Report,
  reportSchema,
  signatureSchema,
  uintBigint,
  wordsSchema,
} from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { DeniedError } from '../errors.ts'
import type { Caller } from '../market.ts'
import { admitMonitor, type IsMonitor } from '../monitorGate.ts'
import type { NetworkNode } from '../node.ts'
import { signedByPeer } from '../peerSignature.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'
import { type SignedBatchHeader, signedBatchHeaderSchema } from './batches.ts'

/** What a leader asks the others to sign, and from what they can compute it themselves. */
export type Proposal = {
  report: Report
  /** The leader's own, of the report: whoever gets two for one round can show that it signed two. `judge` checks it. */
  signature: Hex
  /** The last block that is not after the report's `coveredUntil`. */
  block: { number: bigint; hash: Hex }
  /** Sorted by era and monitor; two of one show that it signed two. Each batch is a part that the leader serves. */
  batches: readonly SignedBatchHeader[]
}

/** A monitor's answer to what it is asked to sign. */
export type Consent = { signature: Hex } | { refusal: Refusal }

/** `code` is a camelCase word, `message` one sentence. */
export type Refusal = { code: string; message: string }

/** One of each of as many monitors as there can be, of the era and of some that are recounted; and room for who signed two. */
const MAX_BATCHES = 1024

/** Longest that an answer may take: whoever signs computes the era first, or probes for itself. */
const MAX_CONSENT_MS = 10 * 60_000

const consentSchema: z.ZodType<Consent> = z.union([
  z.strictObject({ signature: signatureSchema }),
  z.strictObject({ refusal: z.strictObject({ code: wordsSchema(64), message: wordsSchema(2000) }) }),
])

const propose = defineRequest<Proposal, Consent>({
  name: 'proposal',
  request: z.strictObject({
    report: reportSchema,
    signature: signatureSchema,
    block: z.strictObject({ number: uintBigint(64), hash: bytes32Schema }),
    batches: z.array(signedBatchHeaderSchema).max(MAX_BATCHES).readonly(),
  }),
  response: consentSchema,
  maxRequestBytes: 512 * 1024,
  maxResponseBytes: 16 * 1024,
  timeoutMs: MAX_CONSENT_MS,
  limits: { maxStreams: 128, maxPerCaller: 4, rate: { perSecond: 1, burst: 20 } },
})

const suspect = defineRequest<LeaseEnd, Consent>({
  name: 'suspicion',
  request: leaseEndSchema,
  response: consentSchema,
  maxRequestBytes: 1024,
  maxResponseBytes: 16 * 1024,
  timeoutMs: MAX_CONSENT_MS,
  // A provider that vanishes may leave thousands of leases.
  limits: { maxStreams: 512, maxPerCaller: 64, rate: { perSecond: 20, burst: 500 } },
})

/** `timeoutMs` bounds the whole exchange, at most ten minutes. */
export type ConsentOptions = { timeoutMs: number; signal: AbortSignal }

/**
 * Asks a monitor to sign a report. A signature that comes back is that monitor's.
 *
 * @throws {DeniedError} `badSignature`: it is not
 * @throws {RefusedError} `notMonitor`
 * @throws {UnreachableError | TimedOutError | BadFrameError}
 */
export async function sendProposal(
  node: NetworkNode,
  monitor: Dialable,
  proposal: Proposal,
  { timeoutMs, signal }: ConsentOptions,
): Promise<Consent> {
  const consent = await callPeer(node, monitor, { ...propose, timeoutMs }, proposal, signal)
  if ('refusal' in consent) return consent
  const { signature } = consent
  return checked(await signedByPeer(node, monitor, { name: 'Report', message: proposal.report, signature }), consent)
}

/**
 * Asks a monitor to agree that a lease's provider vanished, and to sign the lease's end. A signature that comes back is that
 * monitor's.
 *
 * @throws {DeniedError} `badSignature`: it is not
 * @throws {RefusedError} `notMonitor`
 * @throws {UnreachableError | TimedOutError | BadFrameError}
 */
export async function sendSuspicion(
  node: NetworkNode,
  monitor: Dialable,
  end: LeaseEnd,
  { timeoutMs, signal }: ConsentOptions,
): Promise<Consent> {
  const consent = await callPeer(node, monitor, { ...suspect, timeoutMs }, end, signal)
  if ('refusal' in consent) return consent
  const { signature } = consent
  return checked(await signedByPeer(node, monitor, { name: 'LeaseEnd', message: end, signature }), consent)
}

/** Answers {@link sendProposal}, to monitors only; whose turn it is to propose is `judge`'s to know. */
export function serveProposals(
  node: NetworkNode,
  monitor: {
    isMonitor: IsMonitor
    judge(proposal: Proposal, caller: Caller, signal: AbortSignal): Promise<Consent>
  },
): Promise<() => Promise<void>> {
  return servePeers(node, propose, async (proposal, caller, signal) => {
    await admitMonitor(monitor.isMonitor, caller, signal)
    return monitor.judge(proposal, caller, signal)
  })
}

/** Answers {@link sendSuspicion}, to monitors only. */
export function serveSuspicions(
  node: NetworkNode,
  monitor: { isMonitor: IsMonitor; judge(end: LeaseEnd, caller: Caller, signal: AbortSignal): Promise<Consent> },
): Promise<() => Promise<void>> {
  return servePeers(node, suspect, async (end, caller, signal) => {
    await admitMonitor(monitor.isMonitor, caller, signal)
    return monitor.judge(end, caller, signal)
  })
}

function checked(signed: boolean, consent: Consent): Consent {
  if (signed) return consent
  throw new DeniedError('badSignature', 'the answer is not signed by the monitor that was asked')
}
