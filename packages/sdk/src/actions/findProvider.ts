import { providerRegistryAbi } from '@tender/abi'
import type { Address } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { getProvider, type Provider } from './getProvider.ts'

export type FindProviderParameters = { operator: Address }
export type FindProviderReturnType = Provider | undefined

/**
 * The provider that an operator key serves; `undefined` if it serves none.
 *
 * @example
 * const provider = await findProvider(market, { operator: account.address })
 */
export async function findProvider(
  client: MarketClient,
  { operator }: FindProviderParameters,
): Promise<FindProviderReturnType> {
  const { providerRegistry } = client.book.contracts
  const provider = await translated(
    client,
    client.rpc.readContract({
      address: providerRegistry,
      abi: providerRegistryAbi,
      functionName: 'providerOf',
      args: [operator],
    }),
  )
  return provider === 0n ? undefined : getProvider(client, { provider })
}
