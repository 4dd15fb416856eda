import { providerRegistryAbi } from '@tender/abi'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { getProvider, type Provider } from './getProvider.ts'

export type GetProvidersReturnType = Provider[]

/** Providers read at the same time: one request's worth. */
const PAGE = 50n

/**
 * All providers that were ever registered, the oldest first. It asks for each of them: on a large market ask an indexer.
 *
 * @example
 * const active = (await getProviders(market)).filter(({ status }) => status === 'active')
 */
export async function getProviders(client: MarketClient): Promise<GetProvidersReturnType> {
  const { providerRegistry } = client.book.contracts
  const count = await translated(
    client,
    client.rpc.readContract({ address: providerRegistry, abi: providerRegistryAbi, functionName: 'count' }),
  )
  const providers: Provider[] = []
  for (let from = 1n; from <= count; from += PAGE) {
    const size = from + PAGE > count ? count - from + 1n : PAGE
    const ids = Array.from({ length: Number(size) }, (_, i) => from + BigInt(i))
    providers.push(...(await Promise.all(ids.map((provider) => getProvider(client, { provider })))))
  }
  return providers
}
