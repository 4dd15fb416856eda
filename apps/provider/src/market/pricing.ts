import { BASIS_POINTS } from '@tender/protocol'

/** How a provider prices a resource class. Prices in smallest units per resource unit per hour. */
export type Pricing =
  | { strategy: 'fixed'; price: bigint }
  /** Rises in a straight line from `idle`, when nothing is leased, to `full`, when the last unit is. */
  | { strategy: 'utilisation'; idle: bigint; full: bigint }
  | MarketPricing
  | ScriptPricing

/** Follows what others were paid. */
export type MarketPricing = {
  strategy: 'market'
  /** Of the median, in basis points. */
  factorBps: number
  min: bigint
  max: bigint
  /** How far back, and how many at most, the newest. */
  lastHours: number
  lastMatches: number
  /** What is asked while nobody else sold anything. */
  otherwise: 'min' | 'max'
}

/** Asks a program of the provider's own. */
export type ScriptPricing = {
  strategy: 'script'
  /** Its absolute path and its arguments. */
  command: readonly [string, ...string[]]
  /** Announced between orders; nobody is bound by it. */
  indicative: bigint
}

export type Load = { leasedUnits: number; committedUnits: number }

/**
 * A price that rises with what is leased. Rounds down: a provider that rounds up loses ties.
 *
 * @example
 * priceByLoad({ idle: 10_000n, full: 30_000n }, { leasedUnits: 2, committedUnits: 8 })  // 15_000n
 */
export function priceByLoad(
  { idle, full }: { idle: bigint; full: bigint },
  { leasedUnits, committedUnits }: Load,
): bigint {
  if (committedUnits === 0) return full
  return idle + ((full - idle) * BigInt(leasedUnits)) / BigInt(committedUnits)
}

/**
 * A price that follows the median of what others were paid. Rounds down; of two middle ones the lower counts.
 *
 * @example
 * priceByMarket({ factorBps: 9_500, min: 1n, max: 90_000n, otherwise: 'max', … }, [18_000n, 20_000n, 70_000n])  // 19_000n
 */
export function priceByMarket(
  { factorBps, min, max, otherwise }: Pick<MarketPricing, 'factorBps' | 'min' | 'max' | 'otherwise'>,
  paid: readonly bigint[],
): bigint {
  const median = paid.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))[Math.floor((paid.length - 1) / 2)]
  if (median === undefined) return otherwise === 'min' ? min : max
  const wanted = (median * BigInt(factorBps)) / BigInt(BASIS_POINTS)
  return wanted < min ? min : wanted > max ? max : wanted
}
