import { jobsAbi } from '@tender/abi'
import { type JobTerms, leaseId } from '@tender/protocol'
import { type Address, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { validatorsOf } from '../internal/jobEvents.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type DrawJobParameters = {
  lease: LeaseReference
  /** As ordered, see `jobTermsHash`. */
  jobTerms: JobTerms
}
export type DrawJobReturnType = {
  transaction: Hex
  /** What verdicts are signed for. */
  seed: Hex
  /** In the order they were drawn. */
  validators: readonly Address[]
}

/**
 * Draws a job's validators. By anyone, from the block after the anchor on, while the chain knows the anchor's hash: 256 blocks.
 *
 * @throws {ContractError} `AnchorNotMined`, `AnchorMissed`, `TooLate`, `WrongJobState`
 *
 * @example
 * const { seed, validators } = await drawJob(market, { lease: leaseId, jobTerms })
 */
export async function drawJob(
  client: MarketClient,
  { lease, jobTerms }: DrawJobParameters,
): Promise<DrawJobReturnType> {
  const terms = await termsOf(client, lease)
  const former = await validatorsOf(client, leaseId(terms))
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'draw', args: [terms, jobTerms, former] }),
  })
  const events = parseEventLogs({ abi: jobsAbi, logs: receipt.logs, eventName: 'JobDrawn' })
  const { args } = first(events, 'JobDrawn')
  return { transaction: receipt.transactionHash, seed: args.seed, validators: args.validators }
}
