import { tiers } from '@tender/protocol'
import type { Address } from 'viem'
import type { Pricing } from './pricing.ts'

/** How this provider sells one tier of a resource class. Durations in seconds. */
export type Sale = {
  asset: Address
  pricing: Pricing
  /** See `tiers`. */
  tier: number
  minSeconds: number
  maxDuration: number
  noticeSeconds: number
  /** A lease of it is ended for an order that pays at least so much of what it pays, in basis points. Absent: never. */
  interruptAboveBps?: number | undefined
}

/** The tiers in which each resource class is sold, by the class's short name. */
export type Sales = ReadonlyMap<string, readonly Sale[]>

/** What a provider committed of a class. `until` is unix seconds. */
export type Capacity = { committedUnits: number; leasedUnits: number; until: number }

/** The tiers that do for an order of `tier`: at least as good, or, if there are none, the best. */
export function salesFor(sales: readonly Sale[], tier: number): readonly Sale[] {
  const good = sales.filter((sale) => sale.tier >= tier)
  if (good.length > 0) return good
  const best = Math.max(tiers.interruptible, ...sales.map((sale) => sale.tier))
  return sales.filter((sale) => sale.tier === best)
}
