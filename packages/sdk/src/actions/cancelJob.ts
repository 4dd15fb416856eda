import { jobsAbi } from '@tender/abi'
import type { JobTerms } from '@tender/protocol'
import { encodeFunctionData } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type JobEnd, jobEnd } from '../internal/jobEnd.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type CancelJobParameters = {
  lease: LeaseReference
  /** As ordered, see `jobTermsHash`. */
  jobTerms: JobTerms
}
export type CancelJobReturnType = JobEnd

/**
 * Ends a job before its submission, as the tenant: free before the provider began, for the cancel fee after that.
 *
 * @throws {ContractError} `NotJobTenant`, `WrongJobState`
 *
 * @example
 * const { refunded } = await cancelJob(market, { lease: leaseId, jobTerms })
 */
export async function cancelJob(
  client: MarketClient,
  { lease, jobTerms }: CancelJobParameters,
): Promise<CancelJobReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'cancel', args: [terms, jobTerms] }),
  })
  return jobEnd(receipt)
}
