import { leaseEscrowAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { ending } from '../internal/endings.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type CloseLeaseParameters = { lease: LeaseReference }
export type CloseLeaseReturnType = {
  transaction: Hex
  /** Back in the tenant's escrow balance now, smallest units. What the provider earned so far stays until it settles. */
  refunded: bigint
  /** When the lease ends, Unix seconds: now, or after the minimum that the offer asked. */
  closedAt: number
}

/**
 * Closes a lease. The unused part of its deposit comes back at once. Tenant only.
 *
 * @throws {ContractError} `NotTenant`, `AlreadyEnding`, `LeaseOver`
 *
 * @example
 * const { refunded } = await closeLease(market, { lease: leaseId })
 * // 1500000n  (smallest unit of the lease's asset)
 */
export async function closeLease(client: MarketClient, { lease }: CloseLeaseParameters): Promise<CloseLeaseReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.leaseEscrow,
    data: encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'close', args: [terms] }),
  })
  return { transaction: receipt.transactionHash, ...ending(receipt.logs) }
}
