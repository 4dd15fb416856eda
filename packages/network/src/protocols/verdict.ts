import { bytes32Schema, type Dialable, MAX_TASKS, signatureSchema, type Verdict } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import { z } from 'zod'
import { DeniedError } from '../errors.ts'
import type { NetworkNode } from '../node.ts'
import { signedByPeer } from '../peerSignature.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** Most tasks, and most faults, that are told of one verdict. */
export const MAX_VERDICT_TASKS = 2_048
/** Longest text about one of them. */
export const MAX_VERDICT_CHARACTERS = 500

/** What a validator found when it ran one task again. */
export type JudgedTask = {
  task: number
  /** The provider's output counts as right. */
  same: boolean
  /** In words, one sentence. */
  detail: string
}

/** Why a validator signed what it signed. */
export type VerdictReasons = {
  tasks: readonly JudgedTask[]
  /** What is wrong with the result as a whole: without a task that was run again. */
  faults: readonly string[]
}

/** A validator's verdict on one draw of one job, and why. */
export type ReasonedVerdict = VerdictReasons & {
  passed: boolean
  /** The monitor's, over the `Verdict`. */
  signature: Hex
}

/** Which verdict: `seed` is the job's commitment that it is signed for. */
export type VerdictRequest = { lease: Hex; seed: Hex }

const text = z.string().max(MAX_VERDICT_CHARACTERS)

/** See {@link VerdictReasons}. */
export const verdictReasonsSchema = z.strictObject({
  tasks: z
    .array(
      z.strictObject({
        task: z
          .int()
          .min(0)
          .max(MAX_TASKS - 1),
        same: z.boolean(),
        detail: text,
      }),
    )
    .max(MAX_VERDICT_TASKS)
    .readonly(),
  faults: z.array(text).max(MAX_VERDICT_TASKS).readonly(),
}) satisfies z.ZodType<VerdictReasons>

const verdict = defineRequest<VerdictRequest, ReasonedVerdict>({
  name: 'verdict',
  request: z.strictObject({ lease: bytes32Schema, seed: bytes32Schema }),
  response: z.strictObject({ ...verdictReasonsSchema.shape, passed: z.boolean(), signature: signatureSchema }),
  maxRequestBytes: 256,
  maxResponseBytes: 8 * 1024 * 1024,
  timeoutMs: 15_000,
  limits: { maxStreams: 64, maxPerCaller: 8, rate: { perSecond: 5, burst: 50 } },
})

/**
 * Asks a monitor that was drawn for its verdict on a job, with its reasons. The reasons are its word; the signature is checked.
 *
 * @throws {RefusedError} `unknownVerdict`: it was not drawn, has not signed yet, or the draw is not the job's any more
 * @throws {DeniedError} `badSignature`: the verdict is not signed by the monitor that was asked
 * @throws {UnreachableError | TimedOutError | BadFrameError}
 * @example
 * const { passed, tasks } = await askVerdict(node, monitor, { jobs, lease, seed }, signal)
 * // { passed: false, tasks: [{ task: 14, same: false, detail: 'the output is another' }], faults: [], … }
 */
export async function askVerdict(
  node: NetworkNode,
  monitor: Dialable,
  { jobs, lease, seed }: VerdictRequest & { /** The contract that it is for. */ jobs: Address },
  signal: AbortSignal,
): Promise<ReasonedVerdict> {
  const answer = await callPeer(node, monitor, verdict, { lease, seed }, signal)
  const message: Verdict = { jobs, lease, seed, passed: answer.passed }
  if (!(await signedByPeer(node, monitor, { name: 'Verdict', message, signature: answer.signature }))) {
    throw new DeniedError('badSignature', 'the verdict is not signed by the monitor that was asked')
  }
  return answer
}

/** Serves {@link askVerdict} to anybody: why somebody was paid or not is nobody's secret. `find` throws `unknownVerdict`. */
export function serveVerdicts(
  node: NetworkNode,
  find: (request: VerdictRequest) => ReasonedVerdict,
): Promise<() => Promise<void>> {
  return servePeers(node, verdict, async (request) => find(request))
}
