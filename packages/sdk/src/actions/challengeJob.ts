import { jobsAbi } from '@tender/abi'
import type { JobTerms } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type ChallengeJobParameters = {
  lease: LeaseReference
  /** As ordered, see `jobTermsHash`. */
  jobTerms: JobTerms
  /** 1 to 16 indices. */
  tasks: readonly number[]
}
export type ChallengeJobReturnType = {
  transaction: Hex
  /** What verdicts are signed for from now on. */
  seed: Hex
}

/**
 * Lets the validators look at these tasks too, as the tenant. A bond as large as the verify fee leaves the balance; it is lost if the
 * verdict is the provider's. Once, while the first set is drawn.
 *
 * @throws {ContractError} `NotJobTenant`, `TooLate`, `ChallengedAlready`, `InsufficientBalance`
 *
 * @example
 * const { seed } = await challengeJob(market, { lease: leaseId, jobTerms, tasks: [3, 17] })
 */
export async function challengeJob(
  client: MarketClient,
  { lease, jobTerms, tasks }: ChallengeJobParameters,
): Promise<ChallengeJobReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'challenge', args: [terms, jobTerms, [...tasks]] }),
  })
  const events = parseEventLogs({ abi: jobsAbi, logs: receipt.logs, eventName: 'JobChallenged' })
  const { args } = first(events, 'JobChallenged')
  return { transaction: receipt.transactionHash, seed: args.seed }
}
