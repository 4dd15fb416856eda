import { serveBlocks } from '@tender/network/browser'
import { ContractError, expireJob, getJob, type Job, redrawJob, splitJob } from '@tender/sdk'
import { deliver } from '../deliver.ts'
import { sleep } from '../sleep.ts'
import type { Tenant } from '../tenant.ts'
import { type DueStep, dueStep } from './dueStep.ts'
import {
  type Follower,
  type FollowOptions,
  followerOf,
  lookAtTasks,
  takeResult,
  termsOf,
  troubled,
} from './follower.ts'
import { type JobOutcome, outcomeOf } from './jobOutcome.ts'
import type { OpenedJob } from './orderJob.ts'

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

async function followLease(follower: Follower): Promise<JobOutcome> {
  const { tenant, record, lease, signal, onEvent, seen } = follower
  for (let tries = 0; ; ) {
    const job = await troubled(follower, () => getJob(tenant.market, { lease: lease.terms }))
    if (job && job.state !== seen.state) onEvent({ type: 'state', lease, job })
    if (job) {
      seen.state = job.state
      await troubled(follower, () => turn(follower, job))
    }
    if (job?.state === 'ended') {
      const outcome = await troubled(follower, () => outcomeOf(tenant.market, { ...lease, order: record.order }))
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
