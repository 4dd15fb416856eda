import { providerRegistryAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { accountOf, send } from '../internal/send.ts'

export type TransferProviderParameters = {
  provider: bigint
  /** Who owns it from now on. */
  to: Address
}
export type TransferProviderReturnType = { transaction: Hex }

/**
 * Gives a provider to somebody else. It is paused then, without an operator, its offers are dead, and leases to come pay the new
 * owner. What the old owner staked stays its own. Owner only.
 *
 * @throws {ContractError} `ERC721IncorrectOwner`, `ERC721InsufficientApproval`
 *
 * @example
 * await transferProvider(ownerMarket, { provider: 1n, to: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' })
 */
export async function transferProvider(
  client: MarketClient,
  { provider, to }: TransferProviderParameters,
): Promise<TransferProviderReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.providerRegistry,
    data: encodeFunctionData({
      abi: providerRegistryAbi,
      functionName: 'transferFrom',
      args: [accountOf(client).address, to, provider],
    }),
  })
  return { transaction: receipt.transactionHash }
}
