import { capacityRegistryAbi } from '@tender/abi'
import { resourceName } from '@tender/protocol'
import { getAbiItem } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { allLogs } from '../internal/allLogs.ts'
import { type GetCapacityReturnType, getCapacity } from './getCapacity.ts'

export type FindCommitmentsParameters = { provider: bigint }

/** What a provider commits of one resource class, as of now. */
export type Commitment = GetCapacityReturnType & {
  /** Resource class, e.g. `cu`. */
  resource: string
}
export type FindCommitmentsReturnType = Commitment[]

const events = [getAbiItem({ abi: capacityRegistryAbi, name: 'Committed' })] as const

/**
 * The resource classes of which a provider commits units, from the chain's logs.
 *
 * @example
 * for (const { resource, free } of await findCommitments(market, { provider: 1n })) console.log(resource, free)
 */
export async function findCommitments(
  client: MarketClient,
  { provider }: FindCommitmentsParameters,
): Promise<FindCommitmentsReturnType> {
  const logs = await allLogs(client, { address: client.book.contracts.capacityRegistry, events })
  const resources = new Set(logs.filter(({ args }) => args.provider === provider).map(({ args }) => args.resource))
  const commitments = [...resources].map(async (id) => {
    const resource = resourceName(id)
    return { resource, ...(await getCapacity(client, { provider, resource })) }
  })
  return (await Promise.all(commitments)).filter(({ committed }) => committed > 0)
}
