import { jobsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type RedrawJobParameters = {
  lease: LeaseReference
}
export type RedrawJobReturnType = {
  transaction: Hex
  /** The block whose hash draws the validators. */
  anchor: number
}

/**
 * Calls for a second set of validators when the first came to no verdict in time. By anyone.
 *
 * @throws {ContractError} `WrongJobState`, `TooEarly`
 *
 * @example
 * const { anchor } = await redrawJob(market, { lease: leaseId })
 */
export async function redrawJob(client: MarketClient, { lease }: RedrawJobParameters): Promise<RedrawJobReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.jobs,
    data: encodeFunctionData({ abi: jobsAbi, functionName: 'redraw', args: [terms] }),
  })
  const events = parseEventLogs({ abi: jobsAbi, logs: receipt.logs, eventName: 'JobRecalled' })
  const { args } = first(events, 'JobRecalled')
  return { transaction: receipt.transactionHash, anchor: args.anchor }
}
