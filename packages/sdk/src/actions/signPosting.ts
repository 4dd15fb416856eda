import { type Order, orderHash, typedData } from '@tender/protocol'
import { type Hex, zeroHash } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignPostingParameters = { order: Order }
export type SignPostingReturnType = Hex

/**
 * Signs with the client's account, the order's tenant, that the order may be auctioned on chain. The order's own signature
 * is not enough: every bidder has it, and could post the order where nobody else looks.
 *
 * @example
 * await postOrder(anyonesMarket, { order, signature: await signPosting(tenantMarket, { order }) })
 */
export function signPosting(client: MarketClient, { order }: SignPostingParameters): Promise<SignPostingReturnType> {
  const domain = domainOf(client)
  const award = { order: orderHash(domain, order), offers: zeroHash, deadline: order.auctionEnd }
  return accountOf(client).signTypedData(typedData(domain, 'Award', award))
}
