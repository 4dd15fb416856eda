import { providerRegistryAbi } from '@tender/abi'
import { countryId } from '@tender/protocol'
import { type Address, encodeFunctionData, type Hex, parseEventLogs, zeroHash } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { accountOf, send } from '../internal/send.ts'
import type { OperatorConsent } from './signOperatorAcceptance.ts'

export type RegisterProviderParameters = OperatorConsent & {
  /** ISO 3166-1 alpha-2, e.g. `DE`. */
  country: string
  /** Whose escrow balance grows by what leases earn. @default the client's account */
  payout?: Address | undefined
  /** Hash of a public description. @default none */
  metadata?: Hex | undefined
}
export type RegisterProviderReturnType = { transaction: Hex; provider: bigint }

/**
 * Registers a provider that the client's account owns: active, trust level 5.
 *
 * @throws {ContractError} `OperatorTaken`, `AcceptanceExpired`, `InvalidAcceptance`
 *
 * @example
 * const consent = await signOperatorAcceptance(operatorMarket, { owner, expiry })
 * const { provider } = await registerProvider(ownerMarket, { ...consent, country: 'DE' })
 * // 1n
 */
export async function registerProvider(
  client: MarketClient,
  { operator, expiry, acceptance, country, payout, metadata = zeroHash }: RegisterProviderParameters,
): Promise<RegisterProviderReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.providerRegistry,
    data: encodeFunctionData({
      abi: providerRegistryAbi,
      functionName: 'register',
      args: [operator, payout ?? accountOf(client).address, countryId(country), metadata, expiry, acceptance],
    }),
  })
  const events = parseEventLogs({ abi: providerRegistryAbi, logs: receipt.logs, eventName: 'ProviderRegistered' })
  return { transaction: receipt.transactionHash, provider: first(events, 'ProviderRegistered').args.provider }
}
