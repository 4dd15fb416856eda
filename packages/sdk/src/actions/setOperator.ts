import { providerRegistryAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'
import type { OperatorConsent } from './signOperatorAcceptance.ts'

export type SetOperatorParameters = OperatorConsent & { provider: bigint }
export type SetOperatorReturnType = { transaction: Hex }

/**
 * Gives a provider another operator key. Offers that the old one signed are dead. Owner only.
 *
 * @throws {ContractError} `NotOwner`, `OperatorTaken`, `AcceptanceExpired`, `InvalidAcceptance`
 *
 * @example
 * await setOperator(ownerMarket, { provider: 1n, ...(await signOperatorAcceptance(newKeyMarket, { owner, expiry })) })
 */
export async function setOperator(
  client: MarketClient,
  { provider, operator, expiry, acceptance }: SetOperatorParameters,
): Promise<SetOperatorReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.providerRegistry,
    data: encodeFunctionData({
      abi: providerRegistryAbi,
      functionName: 'setOperator',
      args: [provider, operator, expiry, acceptance],
    }),
  })
  return { transaction: receipt.transactionHash }
}
