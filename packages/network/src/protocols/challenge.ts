import {
  bytes32Schema,
  type ChallengeAnswer,
  challengeAnswerSchema,
  type Dialable,
  type Started,
  signatureSchema,
  startedSchema,
} from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { DeniedError } from '../errors.ts'
import type { Caller } from '../market.ts'
import { admitMonitor, type IsMonitor } from '../monitorGate.ts'
import type { NetworkNode } from '../node.ts'
import { signedByPeer } from '../peerSignature.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** What a monitor asks a provider: sign this nonce for that lease, now. */
export type Challenge = { lease: Hex; nonce: Hex }

/** A provider's word that a lease's workload started. */
export type SignedStarted = { started: Started; signature: Hex }

/** How a provider answers: a `ChallengeAnswer` for the nonce that it was asked, and its Started once the workload did. */
export type ChallengeReply = {
  /** The provider's clock, unix seconds. */
  at: number
  running: boolean
  /** Where the workload answers the public; empty if nowhere. */
  url: string
  /** The operator's, over the `ChallengeAnswer` of these fields and the challenge's. */
  signature: Hex
  started?: SignedStarted | undefined
}

/** An answer that was checked: signed by the peer that was dialled, for the lease and nonce that were asked. */
export type ProvenAnswer = {
  answer: ChallengeAnswer
  signature: Hex
  /** Absent too if what was shown is not the peer's, or another lease's: then nothing was shown. */
  started?: SignedStarted | undefined
}

const challenge = defineRequest<Challenge, ChallengeReply>({
  name: 'challenge',
  request: z.strictObject({ lease: bytes32Schema, nonce: bytes32Schema }),
  response: z.strictObject({
    at: challengeAnswerSchema.shape.at,
    running: challengeAnswerSchema.shape.running,
    url: challengeAnswerSchema.shape.url,
    signature: signatureSchema,
    started: z.strictObject({ started: startedSchema, signature: signatureSchema }).optional(),
  }),
  maxRequestBytes: 1024,
  maxResponseBytes: 32 * 1024,
  timeoutMs: 10_000,
  // A provider may have thousands of leases, and at worst every monitor asks about every one of them.
  limits: { maxStreams: 512, maxPerCaller: 64, rate: { perSecond: 100, burst: 500 } },
})

/**
 * Asks a lease's provider to show that its key is there and what it says of the lease. `signal` may bound it more tightly than
 * the protocol's 10 s.
 *
 * @throws {DeniedError} `badSignature`: the answer is not signed with the key that was dialled
 * @throws {RefusedError} `notMonitor`, `unknownLease`, …
 * @throws {UnreachableError | TimedOutError | BadFrameError}
 * @example
 * const { answer } = await askChallenge(node, provider, { lease, nonce }, AbortSignal.timeout(5_000))
 * // { lease: '0x…', nonce: '0x…', at: 1800000000, running: true, url: 'http://…' }
 */
export async function askChallenge(
  node: NetworkNode,
  provider: Dialable,
  { lease, nonce }: Challenge,
  signal: AbortSignal,
): Promise<ProvenAnswer> {
  const { signature, started, ...said } = await callPeer(node, provider, challenge, { lease, nonce }, signal)
  const answer: ChallengeAnswer = { lease, nonce, ...said }
  if (!(await signedByPeer(node, provider, { name: 'ChallengeAnswer', message: answer, signature }))) {
    throw new DeniedError('badSignature', 'the answer to the challenge is not signed by the provider that was asked')
  }
  const shown = started && (await isStartOf(node, provider, lease, started))
  return { answer, signature, started: shown ? started : undefined }
}

/** Answers {@link askChallenge}, to the market's monitors only. */
export function serveChallenges(
  node: NetworkNode,
  provider: {
    isMonitor: IsMonitor
    /** Signs for the workload as it is now. @throws {NotFoundError} `unknownLease` */
    answer(request: Challenge, caller: Caller, signal: AbortSignal): Promise<ChallengeReply>
  },
): Promise<() => Promise<void>> {
  return servePeers(node, challenge, async (request, caller, signal) => {
    await admitMonitor(provider.isMonitor, caller, signal)
    return provider.answer(request, caller, signal)
  })
}

async function isStartOf(
  node: NetworkNode,
  provider: Dialable,
  lease: Hex,
  { started, signature }: SignedStarted,
): Promise<boolean> {
  if (started.lease !== lease) return false
  return signedByPeer(node, provider, { name: 'Started', message: started, signature })
}
