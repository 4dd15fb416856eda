import type { MarketClient } from '../createMarketClient.ts'
import { countProviders } from './countProviders.ts'
import { getProvider, type Provider } from './getProvider.ts'

export type GetProvidersReturnType = Provider[]

/** Providers read at the same time: one request's worth. */
const PAGE = 50

/**
 * All providers that were ever registered, the oldest first. It asks for each of them: on a large market ask an indexer.
 *
 * @example
 * const active = (await getProviders(market)).filter(({ status }) => status === 'active')
 */
export async function getProviders(client: MarketClient): Promise<GetProvidersReturnType> {
  const count = await countProviders(client)
  const providers: Provider[] = []
  for (let from = 1; from <= count; from += PAGE) {
    const size = from + PAGE > count ? count - from + 1 : PAGE
    const ids = Array.from({ length: size }, (_, i) => BigInt(from + i))
    providers.push(...(await Promise.all(ids.map((provider) => getProvider(client, { provider })))))
  }
  return providers
}
