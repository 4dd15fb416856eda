import { type Rating, type SignedRating, typedData } from '@tender/protocol'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignRatingParameters = { rating: Rating }
export type SignRatingReturnType = SignedRating

/**
 * Signs a tenant's opinion of a lease that is over with the client's account.
 *
 * @example
 * const signed = await signRating(market, { rating: { lease: leaseId, stars: 5 } })
 */
export async function signRating(
  client: MarketClient,
  { rating }: SignRatingParameters,
): Promise<SignRatingReturnType> {
  const account = accountOf(client)
  const signature = await account.signTypedData(typedData(domainOf(client), 'Rating', rating))
  return { rating, tenant: account.address, signature }
}
