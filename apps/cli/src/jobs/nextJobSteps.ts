import { formatAmount } from '@tender/protocol'
import { exactTime } from '@tender/tenant'
import type { DueStep } from '@tender/tenant/jobs'
import type { JobView } from './jobFacts.ts'

export type JobFacts = Pick<
  JobView,
  'state' | 'due' | 'challenged' | 'challengeUntil' | 'outcome' | 'asset' | 'tasks'
> & {
  /** Its lease, as it is typed. */
  id: string
  composeFile: string
  cancelFee: bigint
  /** One that can be challenged. */
  task: number
  now: number
}

/** What a tenant can do about a lease of a job, the most useful first; whole command lines with why. Pure. */
export function nextJobSteps(job: JobFacts): string[] {
  const { id, state, due, composeFile, cancelFee, asset, outcome } = job
  const follow = `tender run ${composeFile}: `
  const accept = `tender job accept ${id}: pay at once, without a verdict`
  if (due) return [dueWords(due, id)]
  switch (state) {
    case 'opened':
      return [`${follow}give its provider what it needs`, `tender job cancel ${id}: end it, for nothing`]
    case 'begun':
      return [
        `${follow}follow it`,
        `tender job results ${id}: bring what is done until now`,
        `tender job cancel ${id}: end it, for ${formatAmount(cancelFee, asset)}`,
      ]
    case 'submitted':
    case 'recalled':
    case 'redrawn':
      return [`tender job results ${id}: bring the result`, accept]
    case 'drawn':
      return [...challengeSteps(job), `tender job results ${id}: bring the result`, accept]
    case 'ended':
      return outcome && outcome.paid > 0n ? [`tender job results ${id}: bring the result, for some days`] : []
    case 'unknown':
      return []
  }
}

function challengeSteps({ id, challenged, challengeUntil, task, now }: JobFacts): string[] {
  if (challenged || challengeUntil === undefined || challengeUntil <= now) return []
  return [
    `tender job challenge ${id} --tasks ${task}: have tasks run again that you name, for a bond, until ${exactTime(challengeUntil)}`,
  ]
}

/** What to do where others did not do their part in time. */
export function dueWords(due: DueStep, id: string): string {
  switch (due) {
    case 'expire':
      return `tender job cancel ${id}: its time is over, and the whole price comes back`
    case 'split':
      return `tender job cancel ${id}: the validators came to no verdict, and the price is split`
    case 'redraw':
      return `tender run of its file: the validators came to no verdict in time, and others are called for`
  }
}
