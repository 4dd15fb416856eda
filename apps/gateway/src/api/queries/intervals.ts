/** Lengths of intervals. Days begin at midnight UTC. */
export const intervalSeconds = { hour: 3600, day: 86_400 } as const

/** Most intervals in one answer. */
export const MAX_INTERVALS = 1000

const usual = { hour: 7 * 24, day: 180 } as const

/** When the first interval begins: as asked, but not so early that there would be more than {@link MAX_INTERVALS}. */
export function intervalStart(interval: 'hour' | 'day', from: number | undefined, now: number): number {
  const seconds = intervalSeconds[interval]
  const last = now - (now % seconds)
  const earliest = last - (MAX_INTERVALS - 1) * seconds
  const asked = from ?? last - (usual[interval] - 1) * seconds
  return Math.max(0, earliest, asked - (asked % seconds))
}
