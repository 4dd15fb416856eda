/** A count of CPU time at a moment, both in milliseconds. */
export type CpuCount = { readonly atMs: number; readonly cpuMs: number }

/**
 * How much CPU was in use between two counts, in thousandths of a core; `undefined` where that cannot be said: nothing was
 * measured in between, or the count began anew.
 *
 * @example
 * cpuInUse({ atMs: 0, cpuMs: 100 }, { atMs: 2_000, cpuMs: 1_100 }) // 500: half a core
 */
export function cpuInUse(before: CpuCount | undefined, now: CpuCount): number | undefined {
  if (!before || now.atMs <= before.atMs || now.cpuMs < before.cpuMs) return undefined
  return Math.round(((now.cpuMs - before.cpuMs) * 1000) / (now.atMs - before.atMs))
}
