import {
  type JobResult,
  type JobTerms,
  jobResultSchema,
  MAX_RESULT_BYTES,
  RESULT_FILE,
  type ResultFault,
  TenderError,
} from '@tender/protocol'
import { findJobEvents, findTermsOfLease, type MarketClient } from '@tender/sdk'
import { checkSubmitted, type Submission, submissionOf } from '@tender/tenant'
import type { Hex } from 'viem'
import type { PageReach } from '../useReach.ts'
import { fileIn, jobFileOf } from './content.ts'

/** A result as it was worked out here: from its records, and from what this browser read of the chain. */
export type CheckedResult = {
  result: JobResult
  submission: Submission
  faults: readonly ResultFault[]
  /** Most bytes of one task's output; absent where the bundle could not be read, so nobody looked at that. */
  outputBytes: number | undefined
  submitted: Hex
}

/**
 * Brings the records of a result that was submitted, and checks them against the chain: over the market's endpoint, not through the
 * gateway.
 *
 * @param replicas how many leases share the tasks
 * @throws {TenderError} `notSubmitted`, `badResult`
 */
export async function checkJob(
  client: MarketClient,
  reach: PageReach,
  replicas: number,
  signal: AbortSignal,
): Promise<CheckedResult> {
  const { leaseId } = reach.record
  const [events, terms] = await Promise.all([
    findJobEvents(client, { lease: leaseId }),
    findTermsOfLease(client, { leaseId }),
  ])
  const submission = submissionOf(events)
  const begun = events.find((event) => event.type === 'JobBegun')
  const submitted = events.findLast(({ type }) => type === 'JobSubmitted')
  if (!submission || !begun || !submitted) {
    throw new TenderError('the chain knows of no result of this job', { code: 'notSubmitted', class: 'notFound' })
  }
  const { jobTerms } = begun.args
  const result = await resultOf(reach, submission, signal)
  const outputBytes = await limitOf(reach, jobTerms, signal)
  const job = { leaseId, terms, jobTerms, replicas, outputBytes: outputBytes ?? Number.MAX_SAFE_INTEGER }
  const faults = await checkSubmitted(client, result, submission, job)
  return { result, submission, faults, outputBytes, submitted: submitted.transaction }
}

async function resultOf(reach: PageReach, { cid }: Submission, signal: AbortSignal): Promise<JobResult> {
  const bytes = await fileIn(reach, cid, { name: RESULT_FILE, bytes: MAX_RESULT_BYTES }, signal)
  try {
    return jobResultSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch (cause) {
    throw new TenderError('what the provider submitted is no result of a job', {
      code: 'badResult',
      class: 'provider',
      cause,
    })
  }
}

async function limitOf(reach: PageReach, { inputs }: JobTerms, signal: AbortSignal): Promise<number | undefined> {
  try {
    return (await jobFileOf(reach, inputs, signal)).job.outputBytes
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}
