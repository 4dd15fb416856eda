import { orderBookAbi } from '@tender/abi'
import type { Order } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'

export type PostOrderParameters = {
  order: Order
  /** From `signPosting`. Not needed if the client's account is the tenant. */
  signature?: Hex | undefined
}
export type PostOrderReturnType = {
  transaction: Hex
  /** The order's digest. */
  order: Hex
  /** Set aside from the tenant's balance: the most that the auction can cost, smallest units. */
  reserved: bigint
}

/**
 * Opens an auction on chain. Bids are open there; whoever wants sealed ones uses `matchOrder`.
 *
 * @throws {ContractError} e.g. `InsufficientBalance`, `AuctionTooLong`, `NonceUsed`
 *
 * @example
 * const { order: orderHash, reserved } = await postOrder(market, { order })
 */
export async function postOrder(
  client: MarketClient,
  { order, signature = '0x' }: PostOrderParameters,
): Promise<PostOrderReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.orderBook,
    data: encodeFunctionData({ abi: orderBookAbi, functionName: 'post', args: [order, signature] }),
  })
  const events = parseEventLogs({ abi: orderBookAbi, logs: receipt.logs, eventName: 'OrderPosted' })
  const { order: hash, reserved } = first(events, 'OrderPosted').args
  return { transaction: receipt.transactionHash, order: hash, reserved }
}
