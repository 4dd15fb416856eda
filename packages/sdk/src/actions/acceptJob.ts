import { jobsAbi } from '@tender/abi'
import { type JobTerms, leaseId } from '@tender/protocol'
import { encodeFunctionData } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type JobEnd, jobEnd } from '../internal/jobEnd.ts'
import { validatorsOf } from '../internal/jobEvents.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'
import { getJob } from './getJob.ts'

export type AcceptJobParameters = {
  lease: LeaseReference
  /** As ordered, see `jobTermsHash`. */
  jobTerms: JobTerms
}
export type AcceptJobReturnType = JobEnd

/**
 * Pays for a submitted result at once, as the tenant. Validators who are drawn share the verify fee, else it comes back.
 *
 * @throws {ContractError} `NotJobTenant`, `WrongJobState`
 *
 * @example
 * const { paid } = await acceptJob(market, { lease: leaseId, jobTerms })
 */
export async function acceptJob(
  client: MarketClient,
  { lease, jobTerms }: AcceptJobParameters,
): Promise<AcceptJobReturnType> {
  const terms = await termsOf(client, lease)
  const { state } = await getJob(client, { lease: terms })
  const drawn = state === 'drawn' || state === 'redrawn'
  const validators = drawn ? await validatorsOf(client, leaseId(terms)) : []
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'accept', args: [terms, jobTerms, validators] }),
  })
  return jobEnd(receipt)
}
