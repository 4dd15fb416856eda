import { capacityRegistryAbi } from '@tender/abi'
import { resourceId } from '@tender/protocol'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetResourceParameters = {
  /** Resource class, e.g. `cu`. */
  resource: string
}
export type GetResourceReturnType = {
  listed: boolean
  /** Stake tokens that a unit needs from now on, smallest units. */
  stakePerUnit: bigint
}

/**
 * What the market asks of a resource class.
 *
 * @example
 * const { listed, stakePerUnit } = await getResource(market, { resource: 'cu' })
 */
export async function getResource(
  client: MarketClient,
  { resource }: GetResourceParameters,
): Promise<GetResourceReturnType> {
  const [listed, stakePerUnit] = await translated(
    client,
    client.rpc.readContract({
      address: client.book.contracts.capacityRegistry,
      abi: capacityRegistryAbi,
      functionName: 'resourceOf',
      args: [resourceId(resource)],
    }),
  )
  return { listed, stakePerUnit }
}
