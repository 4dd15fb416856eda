import type { Depth } from '@tender/api'
import { deposit, rateOf } from '@tender/protocol'

export type EstimateInput = {
  /** Smallest units per unit per hour. */
  maxPrice: bigint
  units: number
  replicas: number
  durationSeconds: number
  /** Median of recent matches, smallest units per unit per hour; absent while nothing was matched. */
  reference: bigint | undefined
  /** The live book; absent while it is not read. */
  depth: Pick<Depth, 'supply' | 'demand'> | undefined
}

/** What an order will cost, from the live book. Amounts in smallest units for all replicas and the whole duration. */
export type Estimate = {
  /** What is taken at most, and locked at the match. Nothing dearer can be matched. */
  most: bigint
  /** At the reference price; absent without one. */
  usual: bigint | undefined
  /** At the lowest prices that free units are offered for now; absent if they do not suffice. */
  cheapest: bigint | undefined
  /** The reference price is above the order's highest: few will bid. */
  belowReference: boolean
  /** Free units that are offered for the order's highest price or less. */
  freeUnits: number
  /** Providers that offer them. */
  providers: number
  /** Units that other open orders ask for. */
  competingUnits: number
  competingOrders: number
}

/** Estimates an order. Pure. */
export function estimateCost(input: EstimateInput): Estimate {
  const { maxPrice, units, replicas, durationSeconds, reference, depth } = input
  const costAt = (price: bigint) => deposit(rateOf(price, units), durationSeconds) * BigInt(replicas)
  const usualPrice = reference === undefined || !belowReference(input) ? reference : maxPrice
  const affordable = depth?.supply.filter(({ price }) => price <= maxPrice) ?? []
  const demand = depth?.demand ?? []
  return {
    most: costAt(maxPrice),
    usual: usualPrice === undefined ? undefined : costAt(usualPrice),
    cheapest: cheapestOf(input),
    belowReference: belowReference(input),
    freeUnits: affordable.reduce((sum, step) => sum + step.units, 0),
    providers: new Set(affordable.flatMap((step) => step.providers)).size,
    competingUnits: demand.reduce((sum, step) => sum + step.units, 0),
    competingOrders: demand.reduce((sum, step) => sum + step.orders, 0),
  }
}

function belowReference({ maxPrice, reference }: EstimateInput): boolean {
  return reference !== undefined && maxPrice < reference
}

function cheapestOf({ maxPrice, units, replicas, durationSeconds, depth }: EstimateInput): bigint | undefined {
  let left = replicas
  let cost = 0n
  for (const step of depth?.supply ?? []) {
    if (step.price > maxPrice) break
    const taken = Math.min(left, Math.floor(step.units / units))
    cost += deposit(rateOf(step.price, units), durationSeconds) * BigInt(taken)
    left -= taken
    if (left === 0) return cost
  }
  return undefined
}
