import { providerRegistryAbi } from '@tender/abi'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

/**
 * How many providers were ever registered. Their numbers are 1 to that.
 *
 * @example
 * const most = await countProviders(market) // nobody else can bid
 */
export async function countProviders(client: MarketClient): Promise<number> {
  const { providerRegistry } = client.book.contracts
  const count = await translated(
    client,
    client.rpc.readContract({ address: providerRegistry, abi: providerRegistryAbi, functionName: 'count' }),
  )
  return Number(count)
}
