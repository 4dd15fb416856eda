import type { Address } from 'viem'
import { BASIS_POINTS } from '../tables.ts'
import { levelOf, multiplierBps, PROBATION_SCORE } from './score.ts'
import type { EraRules } from './types.ts'

// What an era's budget and fees are shared by. Formulas, the self-dealing arithmetic: docs/reputation.md; test vectors: vectors.json.

const WHOLE = BigInt(BASIS_POINTS)

/** What a provider brings to the sharing of an era's budget; amounts in stake tokens' smallest units. */
export type RewardEntry = {
  provider: bigint
  /** Fees that its leases paid in the era. */
  fees: bigint
  /** See {@link idleWeightOf}. */
  idleWeight: bigint
  /** After the era, 0 to 10,000. */
  score: number
}

export type RewardRules = Pick<EraRules, 'providerBudget' | 'feeFactorBps' | 'idleFactorBps' | 'mostOfFeesBps'>

/**
 * What proven idle units would have paid in fees, had they been leased as the market's other units of their class were.
 * Rounded down; 0 if no unit of the class was leased.
 *
 * @param unitSeconds idle units times the seconds for which they are proven
 * @param marketFees fees paid by all leases of the class in the era, stake tokens' smallest units
 * @param marketUnitSeconds leased units times the seconds due, of the same
 */
export function idleWeightOf({
  unitSeconds,
  marketFees,
  marketUnitSeconds,
}: {
  unitSeconds: bigint
  marketFees: bigint
  marketUnitSeconds: bigint
}): bigint {
  return marketUnitSeconds === 0n ? 0n : (unitSeconds * marketFees) / marketUnitSeconds
}

/**
 * Shares an era's budget among providers; rewards in stake tokens' smallest units, in the order of `entries`.
 *
 * A provider's weight is (fees × feeFactor + idleWeight × idleFactor) × multiplier(level). Its reward is its part of the budget
 * by weight, and at most {@link mostRewardOf}: a share below 1 of the fees that its own leases paid. What somebody does not get
 * for that reason is shared among the others. The sum never passes the budget; every division rounds down.
 */
export function providerRewards(entries: readonly RewardEntry[], rules: RewardRules): bigint[] {
  const claims = entries.map((entry, index) => ({
    index,
    most: mostRewardOf(entry, rules.mostOfFeesBps),
    weight: rewardWeightOf(entry, rules),
  }))
  const rewards = entries.map(() => 0n)
  let budget = rules.providerBudget
  let weights = claims.reduce((sum, { weight }) => sum + weight, 0n)
  // Those first whose most is least for their weight: once one gets its part by weight, so do all that follow. Equals stay in order.
  for (const { index, most, weight } of claims.filter((claim) => claim.weight > 0n).sort(byMostPerWeight)) {
    const part = (budget * weight) / weights
    const capped = most < part
    const reward = capped ? most : part
    rewards[index] = reward
    budget -= reward
    weights -= weight
  }
  return rewards
}

/**
 * Most that an entry can earn in an era: `mostOfFees` of its fees at the best score, in a line down to nothing where probation
 * begins. In a line, because then a lease adds what it would earn alone: one's own leases lift no other's reward. Rounded down.
 */
export function mostRewardOf({ fees, score }: Pick<RewardEntry, 'fees' | 'score'>, mostOfFeesBps: number): bigint {
  const above = BigInt(Math.max(0, score - PROBATION_SCORE))
  return (fees * BigInt(mostOfFeesBps) * above) / (WHOLE * BigInt(BASIS_POINTS - PROBATION_SCORE))
}

function rewardWeightOf({ fees, idleWeight, score }: RewardEntry, rules: RewardRules): bigint {
  const parts = fees * BigInt(rules.feeFactorBps) + idleWeight * BigInt(rules.idleFactorBps)
  return parts * BigInt(multiplierBps(levelOf(score)))
}

type Claim = { index: number; most: bigint; weight: bigint }

function byMostPerWeight(a: Claim, b: Claim): number {
  const left = a.most * b.weight
  const right = b.most * a.weight
  return Number(left > right) - Number(left < right)
}

/** What a monitor did in an era. */
export type MonitorShare = {
  monitor: Address
  /** Stake in whole tokens. */
  weight: number
  /** Its batch is among those that the report is made of. */
  included: boolean
  /** Leases that it was drawn for. */
  assigned: number
  /** Of those, how many it saw and was near the median of, or could not be compared. */
  agreed: number
}

/** What an era's settlements paid in one asset, smallest units. */
export type AssetFees = { asset: Address; amount: bigint }

/**
 * Shares an era's fees among monitors by weight × agreed ÷ assigned; drawn for none counts as all, not included as none. If
 * nobody counts, by weight alone. Parts round down; what is left over goes to the first that count, one unit each, so that
 * the sum is exact.
 *
 * @returns for each of `monitors`, in their order, its part of each of `fees`, in their order; nothing is shared if all weigh 0
 */
export function monitorRewards(fees: readonly AssetFees[], monitors: readonly MonitorShare[]): AssetFees[][] {
  const earned = monitors.map(shareOf)
  const shares = earned.some((share) => share > 0n) ? earned : monitors.map(({ weight }) => BigInt(weight))
  const perAsset = fees.map(({ asset, amount }) => ({ asset, parts: split(amount, shares) }))
  return monitors.map((_, at) => perAsset.map(({ asset, parts }) => ({ asset, amount: parts[at] ?? 0n })))
}

function shareOf({ weight, included, assigned, agreed }: MonitorShare): bigint {
  if (!included) return 0n
  const agreedBps = assigned === 0 ? BASIS_POINTS : Math.floor((agreed * BASIS_POINTS) / assigned)
  return BigInt(weight) * BigInt(agreedBps)
}

function split(amount: bigint, shares: readonly bigint[]): bigint[] {
  const sum = shares.reduce((all, share) => all + share, 0n)
  if (sum === 0n) return []
  const parts = shares.map((share) => (amount * share) / sum)
  let left = amount - parts.reduce((all, part) => all + part, 0n)
  return parts.map((part, index) => {
    if (left === 0n || shares[index] === 0n) return part
    left -= 1n
    return part + 1n
  })
}
