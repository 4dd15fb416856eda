import { capacityRegistryAbi } from '@tender/abi'
import { resourceId } from '@tender/protocol'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetCapacityParameters = {
  provider: bigint
  /** Resource class, e.g. `cu`. */
  resource: string
  /** As of this block. @default the latest */
  blockNumber?: bigint | undefined
}
export type GetCapacityReturnType = {
  /** Units. */
  committed: number
  leased: number
  free: number
  /** Stake tokens really locked per unit, smallest units. */
  stakePerUnit: bigint
  /** No lease ends after this, Unix seconds; 0 if nothing was ever committed. */
  until: number
}

/**
 * What a provider committed of one resource class.
 *
 * @example
 * const { free, until } = await getCapacity(market, { provider: 1n, resource: 'cu' })
 */
export async function getCapacity(
  client: MarketClient,
  { provider, resource, blockNumber }: GetCapacityParameters,
): Promise<GetCapacityReturnType> {
  const { committed, leased, stakePerUnit, until } = await translated(
    client,
    client.rpc.readContract({
      address: client.book.contracts.capacityRegistry,
      abi: capacityRegistryAbi,
      functionName: 'commitmentOf',
      args: [provider, resourceId(resource)],
      blockNumber,
    }),
  )
  return { committed, leased, free: committed - leased, stakePerUnit, until }
}
