import {
  chanceToCatch,
  formatAmount,
  formatDuration,
  formatPrice,
  formatSize,
  type JobTerms,
  jobTermsOf,
  mostCost,
  mostJobCost,
  type Order,
  resourceName,
  TenderError,
} from '@tender/protocol'
import type { MarketAsset } from '@tender/sdk'
import type { JobPlan } from './planJob.ts'

/** The share that a provider is supposed to cheat on, for people to compare by. */
const CHEATED_SHARE = 0.2

/** What a job can cost, and what its verification buys. */
export type JobEstimate = {
  tasks: number
  /** Of the lease with the most. */
  tasksOfLease: number
  /** Machine time of one lease that is paid for, seconds. */
  duration: number
  /** From the match until the result has to be there, seconds. */
  deadline: number
  /** All leases, smallest units. */
  machineTime: bigint
  verifying: bigint
  most: bigint
  /** How likely a provider is caught that cheats on so many tasks of its lease, 0 to 1. */
  cheated: number
  caught: number
}

/** The terms that a plan's order commits to. */
export function termsOfPlan({ manifest }: Pick<JobPlan, 'manifest'>): JobTerms {
  const terms = jobTermsOf(manifest.brief)
  if (terms) return terms
  throw new TenderError('the manifest is of no job', { code: 'noJob', class: 'internal' })
}

/** What an order of a job costs at most, and buys. Pure. */
export function estimateJob(order: Order, terms: JobTerms): JobEstimate {
  const { tasks, sample, deadlineSeconds } = terms
  const tasksOfLease = Math.ceil(tasks / order.replicas)
  const cheated = Math.max(1, Math.round(tasksOfLease * CHEATED_SHARE))
  const most = mostJobCost(order, terms)
  const machineTime = mostCost(order)
  const { exact: caught } = chanceToCatch({ tasks: tasksOfLease, cheated, sample })
  const verifying = most - machineTime
  return {
    tasks,
    tasksOfLease,
    duration: order.duration,
    deadline: deadlineSeconds,
    machineTime,
    verifying,
    most,
    cheated,
    caught,
  }
}

/** What a job asks, can cost and buys, for people to read before they agree. */
export function describeJob(plan: JobPlan, order: Order, asset: MarketAsset): string[] {
  const terms = termsOfPlan(plan)
  const estimate = estimateJob(order, terms)
  const { replicas, units, maxPrice, duration, resource } = order
  const shared = replicas === 1 ? '' : `, shared by ${replicas} leases`
  const className = resourceName(resource).toUpperCase()
  return [
    `${plan.name}: ${estimate.tasks} tasks${shared}; ${units} ${className} each, at most ${formatPrice(maxPrice, asset)} for each unit`,
    ...(plan.rounded === undefined ? [] : [`  ${plan.rounded}`]),
    `  takes ${formatDuration(duration)} of machine time for each lease; the results have to be there ${formatDuration(estimate.deadline)} after the match`,
    `  providers fetch ${formatSize(plan.bundle.bytes)} from here, so this has to stay open until they have it`,
    `  ${verificationText(terms, estimate)}`,
    `  costs ${formatAmount(estimate.most, asset)} at most: ${formatAmount(estimate.machineTime, asset)} for the machines, and ${formatAmount(estimate.verifying, asset)} for verifying (${shareText(estimate)})`,
  ]
}

function verificationText({ validators, sample }: JobTerms, { tasksOfLease, cheated, caught }: JobEstimate): string {
  const who = validators === 1 ? '1 validator runs' : `${validators} validators run`
  const what = `${Math.min(sample, tasksOfLease)} of the ${tasksOfLease} tasks of a lease again`
  return `${who} ${what}: that catches a provider that cheats on ${cheated} of them with ${Math.round(caught * 100)} %`
}

function shareText({ machineTime, verifying }: JobEstimate): string {
  if (machineTime === 0n) return 'the machines cost nothing'
  return `${Number((verifying * 1000n) / machineTime) / 10} % on top`
}
