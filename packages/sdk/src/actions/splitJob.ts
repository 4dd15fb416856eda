import { jobsAbi } from '@tender/abi'
import type { JobTerms } from '@tender/protocol'
import { encodeFunctionData } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type JobEnd, jobEnd } from '../internal/jobEnd.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type SplitJobParameters = {
  lease: LeaseReference
  /** As ordered, see `jobTermsHash`. */
  jobTerms: JobTerms
}
export type SplitJobReturnType = JobEnd

/**
 * Ends a job that validators did not decide: its price is split as the market says, everything else returns. By anyone.
 *
 * @throws {ContractError} `TooEarly`, `WrongJobState`
 *
 * @example
 * const { paid, refunded } = await splitJob(market, { lease: leaseId, jobTerms })
 */
export async function splitJob(
  client: MarketClient,
  { lease, jobTerms }: SplitJobParameters,
): Promise<SplitJobReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'split', args: [terms, jobTerms] }),
  })
  return jobEnd(receipt)
}
