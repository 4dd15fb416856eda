import { jobsAbi } from '@tender/abi'
import type { JobTerms } from '@tender/protocol'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type BeginJobParameters = {
  lease: LeaseReference
  /** As ordered, see `jobTermsHash`. */
  jobTerms: JobTerms
}
export type BeginJobReturnType = { transaction: Hex }

/**
 * Acknowledges manifest and inputs of a job, as its provider. The verify fee leaves the tenant's balance; from here on a missed
 * deadline costs the provider its penalty. Operator or owner only.
 *
 * @throws {ContractError} `NotJobProvider`, `WrongJobState`, `InsufficientBalance` of the tenant, `TooLate`
 *
 * @example
 * await beginJob(market, { lease: terms, jobTerms })
 */
export async function beginJob(
  client: MarketClient,
  { lease, jobTerms }: BeginJobParameters,
): Promise<BeginJobReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'begin', args: [terms, jobTerms] }),
  })
  return { transaction: receipt.transactionHash }
}
