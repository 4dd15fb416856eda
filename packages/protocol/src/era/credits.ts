import { BASIS_POINTS, SECONDS_PER_HOUR } from '../tables.ts'

// What providers owe tenants for time below the promise. Formulas and examples: docs/reputation.md; test vectors: vectors.json.

/** Rates of assets to the stake token are for so many smallest units of the asset, see `IRewards.rateOf`. */
export const RATE_UNIT = 10n ** 18n

/**
 * An amount of an asset in stake tokens' smallest units, rounded down.
 *
 * @example
 * toStake(2_000_000n, 10n ** 30n) // 2000000000000000000n: 2 USDC at 1 stake token each
 */
export function toStake(amount: bigint, assetRate: bigint): bigint {
  return (amount * assetRate) / RATE_UNIT
}

/** Price of so many seconds in stake tokens' smallest units, rounded down once. `rate`: smallest units of the asset per hour. */
export function priceInStake({
  rate,
  seconds,
  assetRate,
}: {
  rate: bigint
  seconds: number
  assetRate: bigint
}): bigint {
  return (rate * BigInt(seconds) * assetRate) / (BigInt(SECONDS_PER_HOUR) * RATE_UNIT)
}

/** What a lease's era looks like to {@link creditOf}. */
export type CreditCase = {
  /** Smallest units of the asset per hour. */
  rate: bigint
  /** Seconds of the era in which it was to serve. */
  dueSeconds: number
  /** `undefined`: not seen by enough monitors. */
  upBps: number | undefined
  promisedBps: number
  /** The market's share of the price that is owed. */
  creditBps: number
  /** Stake tokens' smallest units for 10^18 of the asset's. */
  assetRate: bigint
}

/**
 * What a provider owes a lease's tenant for one era, stake tokens' smallest units: a share of the price of the whole time in
 * which it was due, rounded down; 0 if the promise was kept, or nobody knows.
 */
export function creditOf({ rate, dueSeconds, upBps, promisedBps, creditBps, assetRate }: CreditCase): bigint {
  if (upBps === undefined || upBps >= promisedBps) return 0n
  const hours = BigInt(SECONDS_PER_HOUR)
  return (rate * BigInt(dueSeconds) * BigInt(creditBps) * assetRate) / (hours * BigInt(BASIS_POINTS) * RATE_UNIT)
}
