import type { Depth } from '@tender/api'

/** The book by rising price: at each price, who would still pay it and who would already take it. */
export type DepthSteps = {
  prices: bigint[]
  /** Units that tenants would take at this price or above. */
  demand: number[]
  /** Units that providers would let at this price or below. */
  supply: number[]
}

/**
 * Adds up both sides of the book.
 *
 * @example
 * depthSteps({ demand: [{ price: 3n, units: 1 }], supply: [{ price: 2n, units: 4 }] })
 * // { prices: [2n, 3n], demand: [1, 1], supply: [4, 4] }
 */
export function depthSteps({
  demand,
  supply,
}: {
  demand: readonly Pick<Depth['demand'][number], 'price' | 'units'>[]
  supply: readonly Pick<Depth['supply'][number], 'price' | 'units'>[]
}): DepthSteps {
  const prices = [...new Set([...demand, ...supply].map((step) => step.price))].sort((a, b) => (a < b ? -1 : 1))
  const sum = (steps: readonly { price: bigint; units: number }[], counts: (price: bigint) => boolean) =>
    steps.reduce((units, step) => (counts(step.price) ? units + step.units : units), 0)
  return {
    prices,
    demand: prices.map((at) => sum(demand, (price) => price >= at)),
    supply: prices.map((at) => sum(supply, (price) => price <= at)),
  }
}
