import {
  claimMonitorRewards,
  claimProviderRewards,
  getAsset,
  getRewards,
  type MarketAsset,
  type MarketClient,
} from '@tender/sdk'
import { type MonitorPeers, provenLeaves } from '@tender/tenant'
import type { Address, Hex } from 'viem'

/** Who is rewarded: a provider with new stake tokens, a monitor with a part of the market's fees. */
export type Rewarded = { provider: bigint } | { monitor: Address }

/** What reports award in one asset. Amounts in its smallest units, cumulative. */
export type Award = {
  asset: MarketAsset
  awarded: bigint
  /** Of that, what was paid so far. */
  claimed: bigint
  /** Claims what is left. By anyone: the client's account pays the transaction. */
  claim(market: MarketClient): Promise<{ paid: bigint; transaction: Hex }>
}

/** What the newest effective report awards, proven, and what was claimed of it; of a monitor by asset. */
export async function rewardsOf(
  monitors: MonitorPeers,
  market: MarketClient,
  who: Rewarded,
): Promise<{ era: bigint; awards: Award[] }> {
  const { era, leaves } = await provenLeaves(monitors, market, who)
  const awards = await Promise.all(
    leaves.map(async ({ leaf, proof }): Promise<Award[]> => {
      if (leaf.kind === 'provider') {
        const { provider, score, rewards, slashed } = leaf
        const asset = await getAsset(market, { asset: market.book.contracts.stakeToken })
        const { claimed } = await getRewards(market, { provider })
        const proven = { era, score, rewards, slashed, proof }
        return [{ asset, awarded: rewards, claimed, claim: (as) => claimProviderRewards(as, { provider, proven }) }]
      }
      if (leaf.kind !== 'monitor') return []
      const { monitor, rewards } = leaf
      const asset = await getAsset(market, { asset: leaf.asset })
      const { claimed } = await getRewards(market, { monitor, asset: asset.address })
      const proven = { monitor, asset: asset.address, proven: { era, rewards, proof } }
      return [{ asset, awarded: rewards, claimed, claim: (as) => claimMonitorRewards(as, proven) }]
    }),
  )
  return { era, awards: awards.flat() }
}

/** What is left to be claimed; a report never awards less than an earlier one, but is read at another moment than the claims. */
export function leftOf({ awarded, claimed }: Pick<Award, 'awarded' | 'claimed'>): bigint {
  return awarded > claimed ? awarded - claimed : 0n
}
