import { jobsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type ReanchorJobParameters = {
  lease: LeaseReference
}
export type ReanchorJobReturnType = {
  transaction: Hex
  /** The block whose hash draws the validators. */
  anchor: number
}

/**
 * Sets a new anchor for a draw that came too late for the last one. By anyone, at most twice.
 *
 * @throws {ContractError} `AnchorNotMissed`, `ReanchorsSpent`, `TooLate`
 *
 * @example
 * const { anchor } = await reanchorJob(market, { lease: leaseId })
 */
export async function reanchorJob(
  client: MarketClient,
  { lease }: ReanchorJobParameters,
): Promise<ReanchorJobReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'reanchor', args: [terms] }),
  })
  const events = parseEventLogs({ abi: jobsAbi, logs: receipt.logs, eventName: 'JobReanchored' })
  const { args } = first(events, 'JobReanchored')
  return { transaction: receipt.transactionHash, anchor: args.anchor }
}
