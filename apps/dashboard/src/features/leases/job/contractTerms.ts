import type { Job } from '@tender/api'
import type { JobTerms } from '@tender/protocol'
import { zeroHash } from 'viem'

/** A job's terms as the contract takes them with every call. */
export function contractTerms(terms: NonNullable<Job['terms']>): JobTerms {
  const { tasks, sample, validators, comparator, deadlineSeconds, cancelFee, verifyFee, inputs } = terms
  return {
    tasks,
    sample,
    validators,
    comparator: comparator ?? zeroHash,
    deadlineSeconds,
    cancelFee,
    verifyFee,
    inputs,
  }
}
