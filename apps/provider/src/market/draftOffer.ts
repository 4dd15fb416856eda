import { randomBytes } from 'node:crypto'
import type { Offer, Order } from '@tender/protocol'
import { bytesToBigInt, type Hex } from 'viem'
import type { Sale } from './sale.ts'

/** A bid outlives the auction by this long at most: the tenant matches within it or asks again. */
const BID_LIFE_SECONDS = 600

export type OfferDraft = {
  provider: bigint
  offerEpoch: number
  orderHash: Hex
  order: Order
  sale: Sale
  freeUnits: number
  /** When the capacity's commitment ends. */
  until: number
  now: number
}

/** A bid on an order in one tier, free of charge: its price is still to be said. */
export function draftOffer(draft: OfferDraft): Offer {
  const { provider, offerEpoch, orderHash, order, sale, freeUnits, until, now } = draft
  // As many replicas as are free, so that one provider can serve a whole order that wants no spread.
  const replicas = Math.min(order.replicas, Math.floor(freeUnits / order.units))
  return {
    provider,
    offerEpoch,
    order: orderHash,
    resource: order.resource,
    asset: sale.asset,
    tier: sale.tier,
    units: order.units * Math.max(1, replicas),
    price: 0n,
    minSeconds: sale.minSeconds,
    maxDuration: Math.max(1, Math.min(sale.maxDuration, until - now)),
    noticeSeconds: sale.noticeSeconds,
    expiry: Math.min(order.expiry, Math.max(order.auctionEnd, now) + BID_LIFE_SECONDS),
    salt: bytesToBigInt(randomBytes(32)),
  }
}
