import { providerRegistryAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type SetPayoutParameters = {
  provider: bigint
  /** Whose escrow balance grows by what leases earn. */
  payout: Address
}
export type SetPayoutReturnType = { transaction: Hex }

/**
 * Says where a provider's leases pay from now on. Those that are open keep paying where they did. Owner only.
 *
 * @throws {ContractError} `NotOwner`, `ZeroAddress`
 *
 * @example
 * await setPayout(ownerMarket, { provider: 1n, payout: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8' })
 */
export async function setPayout(
  client: MarketClient,
  { provider, payout }: SetPayoutParameters,
): Promise<SetPayoutReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.providerRegistry,
    data: encodeFunctionData({ abi: providerRegistryAbi, functionName: 'setPayout', args: [provider, payout] }),
  })
  return { transaction: receipt.transactionHash }
}
