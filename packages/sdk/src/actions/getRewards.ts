import { rewardsAbi } from '@tender/abi'
import type { Address } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetRewardsParameters = { provider: bigint } | { monitor: Address; asset: Address }
export type GetRewardsReturnType = {
  /** What was paid of it so far: stake tokens for a provider, smallest units of the asset for a monitor. */
  claimed: bigint
}

/**
 * What a provider or a monitor was paid of what reports award it. A report's leaf less this is still to be claimed.
 *
 * @example
 * const { claimed } = await getRewards(market, { provider: 1n })
 */
export async function getRewards(
  client: MarketClient,
  parameters: GetRewardsParameters,
): Promise<GetRewardsReturnType> {
  const rewards = { address: client.book.contracts.rewards, abi: rewardsAbi } as const
  const call =
    'provider' in parameters
      ? client.rpc.readContract({ ...rewards, functionName: 'claimedOfProvider', args: [parameters.provider] })
      : client.rpc.readContract({
          ...rewards,
          functionName: 'claimedOfMonitor',
          args: [parameters.monitor, parameters.asset],
        })
  return { claimed: await translated(client, call) }
}
