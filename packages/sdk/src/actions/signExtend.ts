import { type Extend, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignExtendParameters = { permission: Extend }

/** A tenant's permission to extend one lease, as it travels. */
export type SignedExtend = { permission: Extend; signature: Hex }
export type SignExtendReturnType = SignedExtend

/**
 * Signs with the client's account, the lease's tenant, that whoever holds this may extend it up to a ceiling.
 *
 * @example
 * const signed = await signExtend(market, { permission: { lease, latestEnd, maxAmount: 5_000_000n, expiry } })
 */
export async function signExtend(
  client: MarketClient,
  { permission }: SignExtendParameters,
): Promise<SignExtendReturnType> {
  const signature = await accountOf(client).signTypedData(typedData(domainOf(client), 'Extend', permission))
  return { permission, signature }
}
