import type { ContentStore } from '@tender/content'
import { askBlocks, askJobStatus, type JobStatus, serveBlocks } from '@tender/network/browser'
import {
  failureClass,
  faultText,
  type JobTerms,
  jobTermsOf,
  type TaskRecord,
  TenderError,
  tasksOfReplica,
} from '@tender/protocol'
import {
  ContractError,
  expireJob,
  findJobEvents,
  getJob,
  type Job,
  type JobStateName,
  redrawJob,
  splitJob,
} from '@tender/sdk'
import { deliver } from '../deliver.ts'
import { asker, type Reach } from '../reach.ts'
import type { OrderRecord, TenantLease } from '../records.ts'
import { sleep } from '../sleep.ts'
import type { Tenant } from '../tenant.ts'
import { checkSubmitted, submissionOf } from './checkSubmitted.ts'
import { type DueStep, dueStep } from './dueStep.ts'
import { type JobOutcome, outcomeOf } from './jobOutcome.ts'
import type { OpenedJob } from './orderJob.ts'
import { fetchOutput, fetchResult, type OutputPlace } from './outputs.ts'

/** What happens while a job is worked on. */
export type JobEventOf =
  | { type: 'sending'; lease: TenantLease; sentBytes: number; totalBytes: number }
  | { type: 'state'; lease: TenantLease; job: Job }
  /** `status` is the provider's own word. */
  | { type: 'status'; lease: TenantLease; status: JobStatus }
  /** The output of a task is in `dir`. */
  | { type: 'output'; lease: TenantLease; record: TaskRecord; dir: string }
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

const LOOK_EVERY_MS = 500
/** A result is asked for so often once its job has ended. */
const LAST_TRIES = 10

/**
 * Works on a job's leases until each has ended: sends manifests, serves the bundle, brings outputs as tasks finish, checks what is
 * submitted, and sends what is due by the contract's deadlines where others did not. Cut off, it is called again.
 *
 * @returns how each lease ended, in the order of the leases
 */
export async function followJob(
  tenant: Tenant,
  { record, leases }: Pick<OpenedJob, 'record' | 'leases'>,
  options: FollowOptions,
): Promise<JobOutcome[]> {
  const stopServing = await serveBlocks(tenant.node, options.store)
  try {
    return await Promise.all(leases.map((lease) => followLease(followerOf(tenant, record, lease, options))))
  } finally {
    await stopServing()
  }
}

type Follower = FollowOptions & {
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

function followerOf(tenant: Tenant, record: OrderRecord, lease: TenantLease, options: FollowOptions): Follower {
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

async function followLease(follower: Follower): Promise<JobOutcome> {
  const { tenant, lease, signal, onEvent, seen } = follower
  for (let tries = 0; ; ) {
    const job = await troubled(follower, () => getJob(tenant.market, { lease: lease.terms }))
    if (job && job.state !== seen.state) onEvent({ type: 'state', lease, job })
    if (job) {
      seen.state = job.state
      await troubled(follower, () => turn(follower, job))
    }
    if (job?.state === 'ended') {
      const outcome = await troubled(follower, () => outcomeOf(tenant.market, lease))
      // What was submitted is still worth having.
      const isWhole = seen.result || outcome?.paid === 0n
      if (outcome && (isWhole || ++tries >= LAST_TRIES)) {
        onEvent({ type: 'ended', lease, outcome })
        return outcome
      }
    }
    await sleep(LOOK_EVERY_MS, signal)
  }
}

/** What there is to do in a job's state. */
async function turn(follower: Follower, job: Job): Promise<void> {
  const { seen } = follower
  if (job.state === 'opened') await troubled(follower, () => send(follower))
  if (job.state === 'opened' || job.state === 'begun') await troubled(follower, () => lookAtTasks(follower))
  if (job.state !== 'opened' && job.state !== 'begun' && !seen.result) await takeResult(follower)
  const { phase } = seen.status ?? {}
  const step = dueStep(job, { ...termsOf(follower), working: phase === 'fetching' || phase === 'ready' })
  if (step) await perform(follower, step)
}

const termsOf = ({ lease, jobTerms }: Follower) => ({ terms: lease.terms, jobTerms })

async function send(follower: Follower): Promise<void> {
  const { tenant, record, lease, seen, ask, signal, onEvent } = follower
  if (seen.sent) return
  const { publicKey, addresses } = await ask(async (known) => known)
  const found = { ...lease, provider: { publicKey, addresses: [...addresses] } }
  await deliver(
    tenant,
    { manifest: record.manifest, files: record.files },
    found,
    (progress) => onEvent({ type: 'sending', lease, ...progress }),
    signal,
  )
  seen.sent = true
}

/** Asks the provider what is done, and brings what is new. */
async function lookAtTasks(follower: Follower): Promise<void> {
  const { lease, seen, ask, place, signal, onEvent } = follower
  const question = { lease: lease.leaseId, from: seen.records }
  const status = await ask((provider, node) => askJobStatus(node, provider, question, signal))
  seen.status = status
  onEvent({ type: 'status', lease, status })
  for (const record of status.records) {
    const dir = await fetchOutput(place, record, signal)
    seen.records++
    onEvent({ type: 'output', lease, record, dir })
  }
}

async function takeResult(follower: Follower): Promise<void> {
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
  for (const each of result.records.slice(seen.records)) {
    const dir = await fetchOutput(place, each, signal)
    seen.records++
    onEvent({ type: 'output', lease, record: each, dir })
  }
  seen.result = true
  onEvent({ type: 'result', lease, faults: faults.map(faultText) })
}

async function perform({ tenant: { market }, lease, jobTerms }: Follower, step: DueStep): Promise<void> {
  const job = { lease: lease.terms, jobTerms }
  try {
    if (step === 'expire') await expireJob(market, job)
    else if (step === 'redraw') await redrawJob(market, job)
    else await splitJob(market, job)
  } catch (error) {
    // Somebody else sent it meanwhile.
    if (!(error instanceof ContractError)) throw error
  }
}

/** What fails is told once and tried again: the contract ends every job by its deadlines. */
async function troubled<Value>(follower: Follower, work: () => Promise<Value>): Promise<Value | undefined> {
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
