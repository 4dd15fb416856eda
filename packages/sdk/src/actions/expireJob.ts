import { jobsAbi } from '@tender/abi'
import type { JobTerms } from '@tender/protocol'
import { encodeFunctionData } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type JobEnd, jobEnd } from '../internal/jobEnd.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type ExpireJobParameters = {
  lease: LeaseReference
  /** As ordered, see `jobTermsHash`. */
  jobTerms: JobTerms
}
export type ExpireJobReturnType = JobEnd

/**
 * Ends a job that did not go on in time, by anyone: never begun, not submitted by its deadline (which costs the provider its
 * penalty), or never drawn. The tenant has everything back. The provider may do so at any time before it begins.
 *
 * @throws {ContractError} `TooEarly`, `WrongJobState`
 *
 * @example
 * const { refunded, penalty } = await expireJob(market, { lease: leaseId, jobTerms })
 */
export async function expireJob(
  client: MarketClient,
  { lease, jobTerms }: ExpireJobParameters,
): Promise<ExpireJobReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'expire', args: [terms, jobTerms] }),
  })
  return jobEnd(receipt)
}
