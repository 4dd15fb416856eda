import type { Capabilities } from '@tender/driver'
import { type Brief, type MarketDomain, type Order, qualifyJob, type RuleBreak } from '@tender/protocol'
import type { Address } from 'viem'
import { refusal } from '../market/refusal.ts'
import { SUBMIT_MARGIN_SECONDS } from './decideJob.ts'

/** What a provider takes of jobs. */
export type JobLimits = {
  domain: MarketDomain
  /** The market's contract for jobs. */
  contract: Address
  /** Most bytes of a bundle. */
  maxBundleBytes: number
  /** Bytes that its content store has left. */
  bytesFree: number
}

/** For nothing no validator comes, and without them the price is split. */
const LEAST_VERIFY_FEE = 1n

/**
 * Why this provider cannot take a job, or an order that only looks like one; empty for a good job, and for a service. Pure.
 *
 * @param capabilities of the driver of the brief's kind; absent if there is none, which is said elsewhere
 */
export function jobReasons(
  order: Order,
  brief: Brief,
  { domain, contract, maxBundleBytes, bytesFree }: JobLimits,
  capabilities: Capabilities | undefined,
): RuleBreak[] {
  const reasons = qualifyJob({ order, brief, domain, jobs: contract })
  const { job } = brief
  if (!job) return reasons
  const { bundleBytes, terms } = job
  if (capabilities && !capabilities.tasks) {
    reasons.push(refusal('tasks', `its ${brief.driver} driver runs no tasks of jobs`, brief.driver))
  }
  if (bundleBytes > maxBundleBytes) {
    reasons.push(refusal('bundle', "the job's bundle is larger than it takes", bundleBytes, maxBundleBytes))
  }
  if (brief.diskBytes > bytesFree) {
    reasons.push(
      refusal('store', 'its store has too few bytes left for the bundle and outputs', brief.diskBytes, bytesFree),
    )
  }
  if (terms.deadlineSeconds <= SUBMIT_MARGIN_SECONDS) {
    const message = 'the deadline is so soon that nothing could be submitted before it, in seconds'
    reasons.push(refusal('deadline', message, terms.deadlineSeconds, SUBMIT_MARGIN_SECONDS + 1))
  }
  if (BigInt(terms.verifyFee) < LEAST_VERIFY_FEE) {
    const message = 'validators would work for nothing, and a result that nobody judged is not paid in full'
    reasons.push(refusal('verifyFee', message, terms.verifyFee, LEAST_VERIFY_FEE))
  }
  return reasons
}
