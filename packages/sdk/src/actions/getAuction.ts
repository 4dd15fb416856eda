import { orderBookAbi } from '@tender/abi'
import { countryCode } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { auctionStates } from '../internal/auctionStates.ts'

/** State of an auction on chain. `closed`: over with fewer leases than asked. */
export type AuctionState = (typeof auctionStates)[number]

export type GetAuctionParameters = {
  /** The order's digest. */
  order: Hex
}
export type GetAuctionReturnType = {
  state: AuctionState
  /** The bids that would win now, in the contract's own order. */
  kept: {
    /** Digest. */
    offer: Hex
    /** Lower is better. */
    rank: bigint
    provider: bigint
    country: string
  }[]
}

/**
 * How an auction on chain stands.
 *
 * @example
 * const { state, kept } = await getAuction(market, { order: orderHash })
 */
export async function getAuction(client: MarketClient, { order }: GetAuctionParameters): Promise<GetAuctionReturnType> {
  const book = { address: client.book.contracts.orderBook, abi: orderBookAbi, args: [order] } as const
  const [state, kept] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({ ...book, functionName: 'stateOf' }),
      client.rpc.readContract({ ...book, functionName: 'keptOf' }),
    ]),
  )
  return {
    state: auctionStates[state] ?? 'none',
    kept: kept.map(({ offer, rank, provider, country }) => ({ offer, rank, provider, country: countryCode(country) })),
  }
}
