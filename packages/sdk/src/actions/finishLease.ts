import { leaseEscrowAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type FinishLeaseParameters = { lease: LeaseReference }
export type FinishLeaseReturnType = {
  transaction: Hex
  /** Back to the tenant, smallest units. */
  refunded: bigint
}

/**
 * Gives the tenant what nobody claimed, once the final grace after the lease's stop is over. By anyone.
 *
 * @throws {ContractError} `TooEarlyToFinish`, `AlreadyResolved`
 *
 * @example
 * const { refunded } = await finishLease(market, { lease: leaseId })
 */
export async function finishLease(
  client: MarketClient,
  { lease }: FinishLeaseParameters,
): Promise<FinishLeaseReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.leaseEscrow,
    data: encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'finish', args: [terms] }),
  })
  const events = parseEventLogs({ abi: leaseEscrowAbi, logs: receipt.logs, eventName: 'LeaseResolved' })
  return { transaction: receipt.transactionHash, refunded: first(events, 'LeaseResolved').args.refunded }
}
