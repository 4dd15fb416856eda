/** How a provider prices a resource class. Prices in smallest units per resource unit per hour. */
export type Pricing =
  | { strategy: 'fixed'; price: bigint }
  /** Rises in a straight line from `idle`, when nothing is leased, to `full`, when the last unit is. */
  | { strategy: 'utilisation'; idle: bigint; full: bigint }

export type Load = { leasedUnits: number; committedUnits: number }

/**
 * The price at which a provider offers, per unit and hour. Rounds down: a provider that rounds up loses ties.
 *
 * @example
 * priceFor({ strategy: 'utilisation', idle: 10_000n, full: 30_000n }, { leasedUnits: 2, committedUnits: 8 })  // 15_000n
 */
export function priceFor(pricing: Pricing, { leasedUnits, committedUnits }: Load): bigint {
  if (pricing.strategy === 'fixed') return pricing.price
  if (committedUnits === 0) return pricing.full
  return pricing.idle + ((pricing.full - pricing.idle) * BigInt(leasedUnits)) / BigInt(committedUnits)
}
