import { bytes32Schema, levelOf, WORST_LEVEL } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'

/** What the newest report says of this provider, proven by the report's root on the chain. Sums are cumulative. */
export type Standing = {
  era: bigint
  /** Of that report, unix seconds. */
  coveredUntil: number
  /** 0 to 10,000. */
  score: number
  /** Stake tokens' smallest units. */
  rewards: bigint
  slashed: bigint
  proof: readonly Hex[]
}

export const standingSchema = z.strictObject({
  era: z.bigint(),
  coveredUntil: z.int(),
  score: z.int(),
  rewards: z.bigint(),
  slashed: z.bigint(),
  proof: z.array(bytes32Schema).readonly(),
}) satisfies z.ZodType<Standing>

/** What the chain made of earlier reports. */
export type KnownStanding = {
  /** 1 (best) to 5, after ceiling and age. */
  level: number
  /** The best level that governance grants. */
  ceiling: number
  /** Until when the proven level lasts, unix seconds. */
  levelValidUntil: number
  /** Rewards that were paid, stake tokens' smallest units. */
  claimed: bigint
}

export type StandingStep = 'updateTrust' | 'claimRewards'

/** A proof of a level lasts a day at least: it is renewed once half of that is left. */
const RENEW_SECONDS = 43_200

/** Decides what of a report to take to the chain: what brings a better level or keeps a good one, and rewards worth their gas. */
export function decideStanding(
  { score, rewards }: Standing,
  { level, ceiling, levelValidUntil, claimed }: KnownStanding,
  { nowSeconds, claimRewardsFrom }: { nowSeconds: number; claimRewardsFrom: bigint },
): StandingStep[] {
  const steps: StandingStep[] = []
  const reached = Math.max(levelOf(score), ceiling)
  const lapses = reached < WORST_LEVEL && levelValidUntil - nowSeconds < RENEW_SECONDS
  if (reached < level || lapses) steps.push('updateTrust')
  if (rewards - claimed >= claimRewardsFrom && rewards > claimed) steps.push('claimRewards')
  return steps
}
