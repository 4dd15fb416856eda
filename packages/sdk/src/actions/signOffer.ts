import { type Offer, offerHash, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignOfferParameters = { offer: Offer }

/** An offer as it travels. */
export type SignedOffer = {
  offer: Offer
  signature: Hex
  /** The offer's digest. */
  hash: Hex
}
export type SignOfferReturnType = SignedOffer

/**
 * Signs an offer with the client's account, which must be the provider's operator key.
 *
 * @example
 * const { signature } = await signOffer(market, { offer })
 */
export async function signOffer(client: MarketClient, { offer }: SignOfferParameters): Promise<SignOfferReturnType> {
  const domain = domainOf(client)
  const signature = await accountOf(client).signTypedData(typedData(domain, 'Offer', offer))
  return { offer, signature, hash: offerHash(domain, offer) }
}
