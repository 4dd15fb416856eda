import { BASIS_POINTS } from '../tables.ts'

/**
 * The lower median: of an even number of values the lower one of the middle two. `undefined` of none.
 *
 * @example
 * medianLow([4, 1, 3, 2]) // 2
 */
export function medianLow(values: readonly number[]): number | undefined {
  return percentileLow(values, 5_000)
}

/**
 * The value below or at which `bps` of the values lie (nearest rank). `undefined` of none.
 *
 * @example
 * percentileLow([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 9_000) // 90
 */
export function percentileLow(values: readonly number[], bps: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = Math.ceil((sorted.length * bps) / BASIS_POINTS)
  return sorted[Math.max(rank, 1) - 1]
}

/** Median of response times, and how far the 90th percentile lies above it; both 0 of none. Milliseconds, whole. */
export function latencyOf(latenciesMs: readonly number[]): { latencyMs: number; spreadMs: number } {
  const latencyMs = medianLow(latenciesMs) ?? 0
  return { latencyMs, spreadMs: (percentileLow(latenciesMs, 9_000) ?? 0) - latencyMs }
}
