/**
 * Jobs, for Node: what they are made of and what comes back lies on a disk. A page has what `@tender/tenant` exports.
 *
 * ```ts
 * const store = openContentStore(dir, limits)
 * const plan = await planJob(text, composeSources, { market, store, signal })   // with its bundle in the store
 * describeJob(plan, order, asset)                                               // shown before anything is signed
 * const opened = await orderJob(tenant, plan, { auctionSeconds: 2, onEvent, signal })
 * const outcomes = await followJob(tenant, opened, { store, outDir, bootstrap, onEvent, signal })
 * ```
 */
export { type BroughtResults, bringResults } from './jobs/bringResults.ts'
export type { Bundle } from './jobs/bundle.ts'
export { type DueStep, dueStep } from './jobs/dueStep.ts'
export { describeJob, estimateJob, type JobEstimate, termsOfPlan } from './jobs/estimate.ts'
export type { FollowOptions, JobEventOf } from './jobs/follower.ts'
export { followJob } from './jobs/followJob.ts'
export { type JobOutcome, type JobStory, outcomeOf, priceOf } from './jobs/jobOutcome.ts'
export {
  findEarlierJob,
  type JobOrderEvent,
  leasesOf,
  matchJob,
  type OpenedJob,
  type OrderJobOptions,
  orderJob,
} from './jobs/orderJob.ts'
export { resultRoot } from './jobs/outputs.ts'
export { type JobPlan, type PlanJobOptions, planJob } from './jobs/planJob.ts'
