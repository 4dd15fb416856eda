import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidInputError, type Order, TenderError, tasksOfReplica } from '@tender/protocol'
import { getJob, type Job, type JobStateName } from '@tender/sdk'
import { exactTime, shortId } from '@tender/tenant'
import type { Context } from '../command.ts'
import type { PaidJob } from './withJob.ts'

const LOOK_EVERY_MS = 250
const MOST_NAMED = 20

/** The one lease that is meant. @throws {TenderError} `severalLeases` */
export function onlyLease(jobs: readonly PaidJob[], prefix: string): PaidJob {
  const [paid, another] = jobs
  if (paid && !another) return paid
  const ids = jobs.map(({ lease }) => shortId(lease.leaseId)).join(', ')
  throw new TenderError(`${prefix} is an order of ${jobs.length} leases, and one is challenged at a time`, {
    code: 'severalLeases',
    class: 'user',
    hint: `Name one of them: ${ids}. \`tender job show\` says which tasks each has.`,
  })
}

/** @throws {InvalidInputError} if one of the tasks is not of this lease */
export function checkTasks(
  tasks: readonly number[],
  { replicas }: Pick<Order, 'replicas'>,
  { jobTerms, leaseId, index }: Pick<PaidJob, 'jobTerms' | 'leaseId' | 'index'>,
): void {
  const own = tasksOfReplica(jobTerms.tasks, replicas, index)
  const foreign = tasks.filter((task) => !own.includes(task))
  if (foreign.length === 0) return
  const named = own.slice(0, MOST_NAMED).join(', ')
  throw new InvalidInputError(`task ${foreign.join(', ')} is not of lease ${shortId(leaseId)}`, [], {
    hint: `It has ${named}${own.length > MOST_NAMED ? ', …' : ''}.`,
  })
}

/** Waits for the draw of validators: who knows of a bad output while tasks run need not sit by for the moment. */
export async function untilDrawn({ progress, signal }: Context, { market, lease }: PaidJob): Promise<Job> {
  for (;;) {
    const job = await getJob(market, { lease: lease.leaseId })
    const isOver = job.drawUntil !== undefined && job.timestamp >= job.drawUntil
    const words = waitWords[job.state]
    if (!words || isOver) return job
    progress.status(words)
    await sleep(LOOK_EVERY_MS, undefined, { signal })
  }
}

const waitWords: Readonly<Partial<Record<JobStateName, string>>> = {
  begun: 'waiting for the result',
  submitted: 'waiting for the draw of its validators',
}

/** @throws {TenderError} `notChallengeable`: with why, and what can be done */
export function checkChallengeable(job: Job): void {
  const why = whyNot(job)
  if (!why) return
  const { leaseId, state } = job
  throw new TenderError(`lease ${shortId(leaseId)} cannot be challenged${why.now}`, {
    code: 'notChallengeable',
    class: 'conflict',
    hint: why.hint,
    data: { leaseId, state },
  })
}

function whyNot({ leaseId, state, challenged, challengeUntil, timestamp }: Job) {
  const show = `\`tender job show ${shortId(leaseId)}\``
  const judged = `The validators decide by the tasks that were drawn: ${show} says how.`
  if (state === 'opened') return { now: ' yet: its provider has not begun', hint: `${show} says how far it is.` }
  if (state === 'ended') return { now: ' any more: it has ended', hint: `${show} says how.` }
  if (state === 'submitted') return { now: ': nobody drew validators in time', hint: `${show} says what follows.` }
  if (challenged) return { now: ' again: once is all', hint: judged }
  if (state !== 'drawn') return { now: ' any more: only the first validators take challenges', hint: judged }
  if (challengeUntil === undefined || timestamp < challengeUntil) return undefined
  return { now: ` any more: that was possible until ${exactTime(challengeUntil)}`, hint: judged }
}
