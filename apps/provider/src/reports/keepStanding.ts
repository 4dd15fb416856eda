import type { Logger } from '@tender/kit'
import { claimProviderRewards, getProvider, getRewards, type MarketClient, updateTrust } from '@tender/sdk'
import { decideStanding, type KnownStanding, type Standing } from './standing.ts'

/** What keeping a provider's standing needs of the chain. */
export type StandingMarket = {
  known(): Promise<KnownStanding>
  updateTrust(standing: Standing): Promise<void>
  claimRewards(standing: Standing): Promise<void>
}

export type StandingPolicy = {
  /** Stake tokens' smallest units: less is not worth the gas yet. */
  claimRewardsFrom: bigint
}

/** {@link StandingMarket} over the chain, with the operator's account. */
export function chainStanding(client: MarketClient, provider: bigint): StandingMarket {
  return {
    async known() {
      const [{ level, ceiling, levelValidUntil }, { claimed }] = await Promise.all([
        getProvider(client, { provider }),
        getRewards(client, { provider }),
      ])
      return { level, ceiling, levelValidUntil, claimed }
    },
    async updateTrust(proven) {
      await updateTrust(client, { provider, proven })
    },
    async claimRewards(proven) {
      await claimProviderRewards(client, { provider, proven })
    },
  }
}

/**
 * Takes to the chain what a report says of this provider, as far as that is worth its gas. Asks the chain first, so it may be repeated
 * after a crash.
 *
 * @throws what the chain says; what came before it is done
 */
export async function keepStanding(
  standing: Standing,
  market: StandingMarket,
  { nowSeconds, log, ...policy }: StandingPolicy & { nowSeconds: number; log: Logger },
): Promise<void> {
  const { era, score } = standing
  for (const step of decideStanding(standing, await market.known(), { nowSeconds, ...policy })) {
    await market[step](standing)
    log.info({ era, score, step }, "took a report's word on this provider to the chain")
  }
}
