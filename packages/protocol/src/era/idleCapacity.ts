import type { Hex } from 'viem'
import { BASIS_POINTS } from '../tables.ts'
import { medianLow } from './median.ts'
import type { BatchView, FactsView } from './types.ts'

/** What a provider's idle units of one class showed in an era. */
export type IdleCapacity = {
  provider: bigint
  resource: Hex
  /** Units asked for, the median over monitors, and those of them that proved themselves. */
  asked: number
  proven: number
  /** Units free at the era's end that count as proven, times the era's seconds. */
  unitSeconds: bigint
}

/** One monitor's word is not enough where there are more of them. */
const LEAST_VOICES = 2

/**
 * What the era's memory-hard tasks showed. Each monitor's share of right answers is one voice, and the lower median counts: one
 * liar alone can neither invent capacity nor, of three or more, deny it. Too few voices prove nothing and blame nobody.
 */
export function idleCapacity(
  { monitors, capacity, from, until }: Pick<FactsView, 'monitors' | 'capacity' | 'from' | 'until'>,
  batches: readonly BatchView[],
): IdleCapacity[] {
  const least = Math.min(LEAST_VOICES, monitors.length)
  const voices = voicesOf(batches)
  return capacity.flatMap(({ provider, resource, committed, leased }) => {
    const said = [...(voices.get(keyOf(provider, resource))?.values() ?? [])]
    if (said.length < least) return []
    const shareBps = medianLow(said.map(({ units, proven }) => Math.floor((proven * BASIS_POINTS) / units))) ?? 0
    const asked = medianLow(said.map(({ units }) => units)) ?? 0
    const free = Math.max(0, committed - leased)
    return {
      provider,
      resource,
      asked,
      proven: Math.floor((asked * shareBps) / BASIS_POINTS),
      unitSeconds: BigInt(Math.floor((free * shareBps) / BASIS_POINTS)) * BigInt(until - from),
    }
  })
}

type Voice = { units: number; proven: number }

/** By provider and class, of each monitor the sum of its checks. */
function voicesOf(batches: readonly BatchView[]): Map<string, Map<string, Voice>> {
  const voices = new Map<string, Map<string, Voice>>()
  for (const { monitor, capacity } of batches) {
    for (const { provider, resource, units, proven } of capacity) {
      if (units === 0) continue
      const key = keyOf(provider, resource)
      const said = voices.get(key) ?? new Map<string, Voice>()
      const before = said.get(monitor) ?? { units: 0, proven: 0 }
      voices.set(key, said.set(monitor, { units: before.units + units, proven: before.proven + proven }))
    }
  }
  return voices
}

const keyOf = (provider: bigint, resource: Hex): string => `${provider} ${resource}`
