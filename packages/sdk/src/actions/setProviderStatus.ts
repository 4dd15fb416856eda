import { providerRegistryAbi } from '@tender/abi'
import { type ProviderStatus, providerStatuses } from '@tender/protocol'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type SetProviderStatusParameters = {
  provider: bigint
  /** `draining` serves what it has and takes nothing new. */
  status: Extract<ProviderStatus, 'active' | 'draining' | 'paused'>
}
export type SetProviderStatusReturnType = { transaction: Hex }

/**
 * Says whether a provider takes leases. Owner or operator.
 *
 * @throws {ContractError} `NotOwnerOrOperator`, `InvalidStatus`
 *
 * @example
 * await setProviderStatus(market, { provider: 1n, status: 'draining' })
 */
export async function setProviderStatus(
  client: MarketClient,
  { provider, status }: SetProviderStatusParameters,
): Promise<SetProviderStatusReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.providerRegistry,
    data: encodeFunctionData({
      abi: providerRegistryAbi,
      functionName: 'setStatus',
      args: [provider, providerStatuses[status]],
    }),
  })
  return { transaction: receipt.transactionHash }
}
