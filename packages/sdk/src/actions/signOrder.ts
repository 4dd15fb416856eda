import { type Order, orderHash, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignOrderParameters = { order: Order }

/** An order as it travels. */
export type SignedOrder = {
  order: Order
  signature: Hex
  /** The order's digest, which offers are bound to. */
  hash: Hex
}
export type SignOrderReturnType = SignedOrder

/**
 * Signs an order with the client's account. Costs nothing and authorises nothing but bidding.
 *
 * @example
 * const { hash, signature } = await signOrder(market, { order })
 */
export async function signOrder(client: MarketClient, { order }: SignOrderParameters): Promise<SignOrderReturnType> {
  const domain = domainOf(client)
  const signature = await accountOf(client).signTypedData(typedData(domain, 'Order', order))
  return { order, signature, hash: orderHash(domain, order) }
}
