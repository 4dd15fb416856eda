import { orderBookAbi } from '@tender/abi'
import { NotFoundError, type Offer, type Order, orderHash, type Terms } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { first } from '../internal/first.ts'
import { logPages } from '../internal/logPages.ts'
import { type OpenedLease, openedLeases } from '../internal/openedLeases.ts'
import { send } from '../internal/send.ts'
import { getAuction } from './getAuction.ts'
import { getChainTime } from './getChainTime.ts'

export type AwardOrderParameters = {
  order: Order
  /** Terms of the lease that `order.previous` names. */
  replaced?: Terms | undefined
}
export type AwardOrderReturnType = {
  transaction: Hex
  /** By replica; none after the order's expiry. */
  leases: OpenedLease[]
  /** What went back to the tenant's balance, smallest units. */
  unreserved: bigint
}

/**
 * Ends an auction on chain: opens a lease for each kept bid and gives the rest back. By anyone, once bidding is over.
 *
 * @throws {ContractError} `AuctionRunning`, `WrongState`
 *
 * @example
 * const { leases } = await awardOrder(market, { order })
 */
export async function awardOrder(
  client: MarketClient,
  { order, replaced }: AwardOrderParameters,
): Promise<AwardOrderReturnType> {
  const { timestamp } = await getChainTime(client)
  const offers = timestamp > order.expiry ? [] : await keptOffers(client, orderHash(domainOf(client), order))
  const receipt = await send(client, {
    to: client.book.contracts.orderBook,
    data: encodeFunctionData({
      abi: orderBookAbi,
      functionName: 'award',
      args: [order, offers, replaced ? [replaced] : []],
    }),
  })
  const events = parseEventLogs({ abi: orderBookAbi, logs: receipt.logs, eventName: 'OrderAwarded' })
  const { unreserved } = first(events, 'OrderAwarded').args
  return { transaction: receipt.transactionHash, leases: openedLeases(receipt.logs), unreserved }
}

/** The kept bids' offers, in the contract's order, as the bids' own events tell them. */
async function keptOffers(client: MarketClient, order: Hex): Promise<Offer[]> {
  const { kept } = await getAuction(client, { order })
  const missing = new Set(kept.map(({ offer }) => offer))
  const found = new Map<Hex, Offer>()
  const bids = { address: client.book.contracts.orderBook, abi: orderBookAbi, eventName: 'BidKept' } as const
  const pages = logPages(client, (range) =>
    client.rpc.getContractEvents({ ...bids, ...range, args: { order }, strict: true }),
  )
  while (missing.size > 0) {
    const { value: page, done } = await pages.next()
    if (done) throw new NotFoundError(`the bids of order ${order} are not in the chain's logs`, { code: 'bidsMissing' })
    for (const { args } of page) {
      found.set(args.offer, args.content)
      missing.delete(args.offer)
    }
  }
  return kept.flatMap(({ offer }) => found.get(offer) ?? [])
}
