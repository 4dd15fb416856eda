import { jobsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type PublishProgressParameters = {
  lease: LeaseReference
  /** Over the watermarks so far, see `resultRoot`. */
  root: Hex
}
export type PublishProgressReturnType = { transaction: Hex }

/**
 * Commits to what of a job is done so far. Operator or owner only.
 *
 * @throws {ContractError} `NotJobProvider`, `WrongJobState`
 *
 * @example
 * await publishProgress(market, { lease: terms, root: resultRoot(watermarks) })
 */
export async function publishProgress(
  client: MarketClient,
  { lease, root }: PublishProgressParameters,
): Promise<PublishProgressReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'progress', args: [terms, root] }),
  })
  return { transaction: receipt.transactionHash }
}
