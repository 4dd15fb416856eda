import { resourceName } from '@tender/protocol'
import type { Hex } from 'viem'
import { auctionBids, auctions, cancellations } from '../../store/schema.ts'
import { type Handlers, type Step, tell } from '../step.ts'
import { plainRecord } from '../tableShape.ts'
import { changeLeased } from './capacity.ts'

type AuctionRow = typeof auctions.$inferSelect

/** Auctions held on chain. A bid that is kept holds its units until it is evicted, opened, or freed. */
export const auctionHandlers: Handlers = {
  OrderPosted({ args: { order, tenant, reserved, content } }, step) {
    const { asset, units, replicas, maxPrice, auctionEnd, expiry } = content
    step.draft.create(auctions, {
      order,
      ...step.place,
      tenant,
      asset,
      resource: resourceName(content.resource),
      units,
      replicas,
      maxPrice,
      auctionEnd,
      expiry,
      reserved,
      state: 'active',
      kept: [],
      opened: 0,
      endedTx: null,
      content: plainRecord(content),
    })
    tell(step, 'order', { tenant }, { hash: order, event: 'posted' })
  },

  async BidKept({ args: { order, offer, provider, rank, content } }, step) {
    const auction = await auctionOf(step, order)
    // Who was evicted may bid the same once more.
    await step.draft.get(auctionBids, order, offer)
    const bid = { order, offer, provider, price: content.price, rank, content: plainRecord(content) }
    step.draft.put(auctionBids, { ...bid, ...step.place, state: 'kept' })
    step.draft.put(auctions, { ...auction, kept: [...auction.kept, offer] })
    await changeLeased(step, provider, auction.resource, auction.units)
  },

  async BidEvicted({ args: { order, offer } }, step) {
    const auction = await auctionOf(step, order)
    step.draft.put(auctions, { ...auction, kept: auction.kept.filter((kept) => kept !== offer) })
    await endBid(step, auction, offer, 'evicted')
  },

  async OrderAwarded({ args: { order, opened } }, step) {
    const auction = await auctionOf(step, order)
    // It opens all that were kept, or, after the order's expiry, none.
    for (const offer of auction.kept) await endBid(step, auction, offer, opened === 0 ? 'freed' : 'opened')
    step.draft.put(auctions, { ...auction, state: 'awarded', opened, endedTx: step.place.tx })
    tell(step, 'order', { tenant: auction.tenant }, { hash: order, event: 'awarded' })
  },

  async OrderCancelled({ args: { order, tenant, nonce } }, step) {
    const auction = await step.draft.get(auctions, order)
    if (auction) step.draft.put(auctions, { ...auction, state: 'cancelled', endedTx: step.place.tx })
    step.draft.add(cancellations, { ...step.place, order, tenant, nonce })
    tell(step, 'order', { tenant }, { hash: order, event: 'cancelled' })
  },
}

/** @throws if it was never posted: then an event is missing */
async function auctionOf({ draft }: Step, order: Hex): Promise<AuctionRow> {
  const row = await draft.get(auctions, order)
  if (!row) throw new Error(`order ${order} was never posted`)
  return row
}

/** The bid holds no units of its own any more: its lease does, or nobody. */
async function endBid(
  step: Step,
  auction: AuctionRow,
  offer: Hex,
  state: 'evicted' | 'freed' | 'opened',
): Promise<void> {
  const bid = await step.draft.get(auctionBids, auction.order, offer)
  if (!bid) throw new Error(`bid ${offer} was never kept`)
  step.draft.put(auctionBids, { ...bid, state })
  if (state !== 'opened') await changeLeased(step, bid.provider, auction.resource, -auction.units)
}
