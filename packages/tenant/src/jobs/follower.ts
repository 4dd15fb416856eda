import type { ContentStore } from '@tender/content'
import { askBlocks, askJobStatus, askTaskLog, type JobStatus, type TaskLog } from '@tender/network/browser'
import {
  failureClass,
  faultText,
  type JobTerms,
  jobTermsOf,
  type TaskRecord,
  TenderError,
  tasksOfReplica,
} from '@tender/protocol'
import { findJobEvents, type Job, type JobStateName } from '@tender/sdk'
import { asker, type Reach } from '../reach.ts'
import type { OrderRecord, TenantLease } from '../records.ts'
import type { Tenant } from '../tenant.ts'
import { checkSubmitted, submissionOf } from './checkSubmitted.ts'
import type { JobOutcome } from './jobOutcome.ts'
import { fetchOutput, fetchResult, type OutputPlace } from './outputs.ts'

/** What happens while a job is worked on. */
export type JobEventOf =
  | { type: 'sending'; lease: TenantLease; sentBytes: number; totalBytes: number }
  | { type: 'state'; lease: TenantLease; job: Job }
  /** `status` is the provider's own word. */
  | { type: 'status'; lease: TenantLease; status: JobStatus }
  /** The output of a task is in `dir`. */
  | { type: 'output'; lease: TenantLease; record: TaskRecord; dir: string }
  /** A task ended with another code than 0. The others go on. */
  | { type: 'failedTask'; lease: TenantLease; record: TaskRecord; log: TaskLog | undefined }
  /** The whole result came. `faults`: what is wrong with it by its records and the chain, in words. */
  | { type: 'result'; lease: TenantLease; faults: readonly string[] }
  /** Something does not work now and is tried again. */
  | { type: 'trouble'; lease: TenantLease; words: string }
  | { type: 'ended'; lease: TenantLease; outcome: JobOutcome }

export type FollowOptions = {
  /** Has the bundle; gets the outputs. */
  store: ContentStore
  /** Results are written here, absolute. */
  outDir: string
  /** The market's first peers. */
  bootstrap: readonly string[]
  onEvent(event: JobEventOf): void
  signal: AbortSignal
}

/** One lease of a job that somebody works on. */
export type Follower = FollowOptions & {
  tenant: Tenant
  record: OrderRecord
  lease: TenantLease
  jobTerms: JobTerms
  ask: Reach['ask']
  place: OutputPlace
  /** What is known so far. */
  seen: {
    state: JobStateName | undefined
    sent: boolean
    records: number
    status: JobStatus | undefined
    result: boolean
    trouble: string | undefined
  }
}

export function followerOf(tenant: Tenant, record: OrderRecord, lease: TenantLease, options: FollowOptions): Follower {
  const { manifest } = record
  const { node, records } = tenant
  const { bootstrap, signal, store, outDir } = options
  const jobTerms = jobTermsOf(manifest.brief)
  if (!jobTerms || !manifest.job) throw new TenderError('the order is of no job', { code: 'noJob', class: 'internal' })
  const ask = asker({ node, records, record: lease, bootstrap, signal })
  const source = {
    async *blocks(cids: readonly Uint8Array[], within: AbortSignal) {
      const provider = await ask(async (known) => known)
      yield* askBlocks(node, provider, cids, within)
    },
  }
  return {
    ...options,
    tenant,
    record,
    lease,
    jobTerms,
    ask,
    place: { lease: lease.leaseId, store, source, outDir, outputBytes: manifest.job.outputBytes },
    seen: { state: undefined, sent: false, records: 0, status: undefined, result: false, trouble: undefined },
  }
}

/** What the contract asks for with every call. */
export const termsOf = ({ lease, jobTerms }: Follower) => ({ terms: lease.terms, jobTerms })

/** Asks the provider what is done, and brings what is new. */
export async function lookAtTasks(follower: Follower): Promise<void> {
  const { lease, seen, ask, signal, onEvent } = follower
  const question = { lease: lease.leaseId, from: seen.records }
  const status = await ask((provider, node) => askJobStatus(node, provider, question, signal))
  seen.status = status
  onEvent({ type: 'status', lease, status })
  for (const record of status.records) await takeOutput(follower, record)
}

async function takeOutput(follower: Follower, record: TaskRecord): Promise<void> {
  const { lease, seen, place, ask, signal, onEvent } = follower
  const dir = await fetchOutput(place, record, signal)
  seen.records++
  onEvent({ type: 'output', lease, record, dir })
  if (record.exit === 0) return
  const question = { lease: lease.leaseId, task: record.task }
  const log = await troubled(follower, () => ask((provider, node) => askTaskLog(node, provider, question, signal)))
  onEvent({ type: 'failedTask', lease, record, log })
}

/** Brings the result that was submitted, if one was, and checks it against the chain. */
export async function takeResult(follower: Follower): Promise<void> {
  const { tenant, lease, record, jobTerms, place, seen, signal, onEvent } = follower
  const submission = submissionOf(await findJobEvents(tenant.market, { lease: lease.leaseId }))
  if (!submission) return
  const { index } = lease.terms
  const { replicas } = record.order
  const tasks = tasksOfReplica(jobTerms.tasks, replicas, index).length
  const result = await fetchResult(place, { cid: submission.cid, tasks, index }, signal)
  const faults = await checkSubmitted(tenant.market, result, submission, {
    ...termsOf(follower),
    leaseId: lease.leaseId,
    replicas,
    outputBytes: place.outputBytes,
  })
  for (const each of result.records.slice(seen.records)) await takeOutput(follower, each)
  seen.result = true
  onEvent({ type: 'result', lease, faults: faults.map(faultText) })
}

/** What fails is told once and tried again: the contract ends every job by its deadlines. */
export async function troubled<Value>(follower: Follower, work: () => Promise<Value>): Promise<Value | undefined> {
  const { lease, seen, signal, onEvent } = follower
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof TenderError) || failureClass(error) === 'internal') throw error
    if (seen.trouble !== error.message) onEvent({ type: 'trouble', lease, words: error.message })
    seen.trouble = error.message
    return undefined
  }
}
