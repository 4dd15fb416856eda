import { leaseEscrowAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type ReleaseLeaseParameters = { lease: LeaseReference }
export type ReleaseLeaseReturnType = { transaction: Hex }

/**
 * Gives an ended lease's units back to its provider's free capacity. By anyone.
 *
 * @throws {ContractError} `LeaseNotOver`
 *
 * @example
 * await releaseLease(market, { lease: terms })
 */
export async function releaseLease(
  client: MarketClient,
  { lease }: ReleaseLeaseParameters,
): Promise<ReleaseLeaseReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.leaseEscrow,
    data: encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'release', args: [terms] }),
  })
  return { transaction: receipt.transactionHash }
}
