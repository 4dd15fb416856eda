import { orderBookAbi } from '@tender/abi'
import type { Order } from '@tender/protocol'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type CancelOrderParameters = { order: Order }
export type CancelOrderReturnType = { transaction: Hex }

/**
 * Makes sure that an order is never matched, and ends its auction on chain if there is one without bids. Tenant only.
 *
 * @throws {ContractError} `NotTenant`, `NonceUsed`, `HasBids`
 *
 * @example
 * await cancelOrder(market, { order })
 */
export async function cancelOrder(
  client: MarketClient,
  { order }: CancelOrderParameters,
): Promise<CancelOrderReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.orderBook,
    data: encodeFunctionData({ abi: orderBookAbi, functionName: 'cancel', args: [order] }),
  })
  return { transaction: receipt.transactionHash }
}
