import { orderBookAbi } from '@tender/abi'
import type { Order } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'
import type { SignedOffer } from './signOffer.ts'

export type BidOnChainParameters = Pick<SignedOffer, 'offer' | 'signature'> & { order: Order }
export type BidOnChainReturnType = {
  transaction: Hex
  /** Lower is better. */
  rank: bigint
  /** Digest of the offer that this bid drove out. */
  evicted: Hex | undefined
}

/**
 * Enters a bid into an auction on chain. It is kept, and its capacity allocated, or refused.
 *
 * @throws {ContractError} `RankTooLow`, `AuctionOver`, and every reason why an offer does not qualify
 *
 * @example
 * const { rank } = await bidOnChain(market, { order, offer, signature })
 */
export async function bidOnChain(
  client: MarketClient,
  { order, offer, signature }: BidOnChainParameters,
): Promise<BidOnChainReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.orderBook,
    data: encodeFunctionData({ abi: orderBookAbi, functionName: 'bid', args: [order, offer, signature] }),
  })
  const kept = parseEventLogs({ abi: orderBookAbi, logs: receipt.logs, eventName: 'BidKept' })
  const [evicted] = parseEventLogs({ abi: orderBookAbi, logs: receipt.logs, eventName: 'BidEvicted' })
  return { transaction: receipt.transactionHash, rank: first(kept, 'BidKept').args.rank, evicted: evicted?.args.offer }
}
