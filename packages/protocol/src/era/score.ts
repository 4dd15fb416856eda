import { BASIS_POINTS, BEST_LEVEL, WORST_LEVEL } from '../tables.ts'
import type { ScoreInputs } from './types.ts'

// Score, trust level and multiplier of a provider: docs/reputation.md.

/** How much of the way to an era's own score the score moves in that era: a fifth, so half of it is of the last three eras. */
export const ERA_WEIGHT_BPS = 2_000

/** The five inputs' parts of an era's score, per cent. */
export const inputWeights: Readonly<Record<keyof ScoreInputs, number>> = {
  uptimeBps: 35,
  performanceBps: 25,
  completedBps: 15,
  ratingBps: 15,
  consistencyBps: 10,
}

/** Below it a provider is on probation: level 5. */
export const PROBATION_SCORE = 4_000

/** Scores from which levels 1 to 4 are reached; the same as in ProviderRegistry. */
const levelScores = [9_000, 8_000, 6_500, PROBATION_SCORE]

/** Of levels 1 to 5. */
const multipliersBps = [20_000, 17_500, 15_000, 10_000, 0]

/** Fees of a year, as a share of the stake behind what is committed, from which a score rises at full speed. */
const FULL_CONFIDENCE_BPS = 10n

const SECONDS_PER_YEAR = 31_536_000n
const WHOLE = BigInt(BASIS_POINTS)

/** An era's own score: the weighted sum of its inputs, 0 to 10,000. */
export function scoreOf(inputs: ScoreInputs): number {
  const { uptimeBps, performanceBps, completedBps, ratingBps, consistencyBps } = inputWeights
  const sum =
    inputs.uptimeBps * uptimeBps +
    inputs.performanceBps * performanceBps +
    inputs.completedBps * completedBps +
    inputs.ratingBps * ratingBps +
    inputs.consistencyBps * consistencyBps
  return Math.floor(sum / 100)
}

/**
 * The score after an era: moves {@link ERA_WEIGHT_BPS} of the way to the era's own score. What it gains is scaled by the
 * confidence and rounded down, what it loses is neither, so a score never rises unpaid.
 *
 * @param inputs `undefined`: the score stays
 * @param confidenceBps see {@link confidenceOf}
 */
export function nextScore({
  previous,
  inputs,
  confidenceBps,
}: {
  previous: number
  inputs: ScoreInputs | undefined
  confidenceBps: number
}): number {
  if (!inputs) return previous
  const difference = scoreOf(inputs) - previous
  // At most 10^4 · 10^4 · 10^4: exact in a number.
  if (difference > 0) {
    return previous + Math.floor((difference * ERA_WEIGHT_BPS * confidenceBps) / (BASIS_POINTS * BASIS_POINTS))
  }
  return previous - Math.ceil((-difference * ERA_WEIGHT_BPS) / BASIS_POINTS)
}

/**
 * How much an era's fees stand behind its record, 0 to 10,000: all of it from fees of 0.1 % a year of the stake behind the
 * provider's committed units. Without fees a score does not rise.
 *
 * @param fees paid in the era, stake tokens' smallest units @param stake behind committed units, the same @param seconds of the era
 */
export function confidenceOf({ fees, stake, seconds }: { fees: bigint; stake: bigint; seconds: number }): number {
  const full = stake * FULL_CONFIDENCE_BPS * BigInt(seconds)
  const paid = fees * WHOLE * SECONDS_PER_YEAR
  if (paid === 0n) return 0
  return paid >= full ? BASIS_POINTS : Number((paid * WHOLE) / full)
}

/** The trust level that a score proves: 1 (best) to 5. */
export function levelOf(score: number): number {
  const better = levelScores.filter((least) => score >= least).length
  return WORST_LEVEL - better
}

/** What a trust level multiplies a reward weight by: 2, 1.75, 1.5, 1, 0. @throws {RangeError} outside 1 to 5. */
export function multiplierBps(level: number): number {
  const multiplier = multipliersBps[level - BEST_LEVEL]
  if (multiplier === undefined) throw new RangeError(`${level} is not a trust level`)
  return multiplier
}
