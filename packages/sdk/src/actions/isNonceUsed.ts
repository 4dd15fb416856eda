import { orderBookAbi } from '@tender/abi'
import type { Address } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type IsNonceUsedParameters = { tenant: Address; nonce: bigint }
export type IsNonceUsedReturnType = boolean

/**
 * Whether an order with this nonce was matched, posted or cancelled.
 *
 * @example
 * await isNonceUsed(market, { tenant: order.tenant, nonce: order.nonce })
 */
export function isNonceUsed(
  client: MarketClient,
  { tenant, nonce }: IsNonceUsedParameters,
): Promise<IsNonceUsedReturnType> {
  return translated(
    client,
    client.rpc.readContract({
      address: client.book.contracts.orderBook,
      abi: orderBookAbi,
      functionName: 'isNonceUsed',
      args: [tenant, nonce],
    }),
  )
}
