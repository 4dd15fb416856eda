import { providerRegistryAbi } from '@tender/abi'
import { countryCode, NotFoundError, nameOf, type ProviderStatus, providerStatuses } from '@tender/protocol'
import { type Address, erc721Abi, type Hex, zeroAddress } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetProviderParameters = { provider: bigint }

/** A provider as of now. */
export type Provider = {
  id: bigint
  owner: Address
  /** Absent after the token changed hands, until the new owner names one. */
  operator: Address | undefined
  payout: Address
  status: ProviderStatus
  /** 1 (best) to 5, after ceiling and age. */
  level: number
  /** As last proven, 0 to 10,000. */
  score: number
  /** The best level that governance grants. */
  ceiling: number
  /** Until when the proven level lasts, Unix seconds; then it counts as 5. */
  levelValidUntil: number
  /** ISO 3166-1 alpha-2. */
  country: string
  /** False after a slash left less than its leases need: it takes no new one. */
  collateralised: boolean
  /** What its offers must carry. */
  offerEpoch: number
  /** Hash of its public description. */
  metadata: Hex
}
export type GetProviderReturnType = Provider

/**
 * Everything the registry knows of a provider.
 *
 * @throws {NotFoundError}
 *
 * @example
 * const { level, country } = await getProvider(market, { provider: 1n })
 * // 2, 'DE'
 */
export async function getProvider(
  client: MarketClient,
  { provider }: GetProviderParameters,
): Promise<GetProviderReturnType> {
  const registry = {
    address: client.book.contracts.providerRegistry,
    abi: providerRegistryAbi,
    args: [provider],
  } as const
  const view = await translated(client, client.rpc.readContract({ ...registry, functionName: 'viewOf' }))
  if (view.status === providerStatuses.none) {
    throw new NotFoundError(`there is no provider ${provider}`, { code: 'unknownProvider', data: { provider } })
  }
  const [owner, [score, , ceiling, levelValidUntil], metadata] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({ ...registry, abi: erc721Abi, functionName: 'ownerOf' }),
      client.rpc.readContract({ ...registry, functionName: 'trustOf' }),
      client.rpc.readContract({ ...registry, functionName: 'metadataOf' }),
    ]),
  )
  return {
    id: provider,
    owner,
    operator: view.operator === zeroAddress ? undefined : view.operator,
    payout: view.payout,
    status: nameOf(providerStatuses, view.status) ?? 'none',
    level: view.level,
    score,
    ceiling,
    levelValidUntil,
    country: countryCode(view.country),
    collateralised: view.collateralised,
    offerEpoch: view.offerEpoch,
    metadata,
  }
}
