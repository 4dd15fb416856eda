import { typedData } from '@tender/protocol'
import type { Address, Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignOperatorAcceptanceParameters = {
  /** Who owns the provider. */
  owner: Address
  /** Unix seconds. */
  expiry: number
}
export type SignOperatorAcceptanceReturnType = OperatorConsent

/** An operator key's signed consent to serve one owner's provider. */
export type OperatorConsent = { operator: Address; expiry: number; acceptance: Hex }

/**
 * Signs with the client's account that it serves `owner`'s provider as its operator key.
 *
 * @example
 * const consent = await signOperatorAcceptance(operatorMarket, { owner, expiry: timestamp + 3600 })
 * await registerProvider(ownerMarket, { ...consent, country: 'DE' })
 */
export async function signOperatorAcceptance(
  client: MarketClient,
  { owner, expiry }: SignOperatorAcceptanceParameters,
): Promise<SignOperatorAcceptanceReturnType> {
  const account = accountOf(client)
  const message = { owner, operator: account.address, expiry }
  const acceptance = await account.signTypedData(typedData(domainOf(client), 'OperatorAcceptance', message))
  return { operator: account.address, expiry, acceptance }
}
