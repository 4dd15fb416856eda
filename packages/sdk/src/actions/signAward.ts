import { type Award, type Offer, type Order, offerHash, offersHash, orderHash, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignAwardParameters = {
  order: Order
  /** The chosen offers, the best first; those beyond the order's replicas are spares. */
  offers: readonly Offer[]
  /** Unix seconds. */
  deadline: number
}

/** A tenant's consent as it travels. */
export type SignedAward = { award: Award; signature: Hex }
export type SignAwardReturnType = SignedAward

/**
 * Signs with the client's account, the order's tenant, that these offers may be taken. Whoever holds it can match.
 *
 * @example
 * const consent = await signAward(market, { order, offers: [offer], deadline: order.expiry })
 */
export async function signAward(
  client: MarketClient,
  { order, offers, deadline }: SignAwardParameters,
): Promise<SignAwardReturnType> {
  const domain = domainOf(client)
  const chosen = offersHash(offers.map((offer) => offerHash(domain, offer)))
  const award = { order: orderHash(domain, order), offers: chosen, deadline }
  return { award, signature: await accountOf(client).signTypedData(typedData(domain, 'Award', award)) }
}
