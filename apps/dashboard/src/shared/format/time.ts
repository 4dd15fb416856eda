const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/**
 * A duration as people say it, its two largest units, rounded down.
 *
 * @example
 * durationText(7_530) // '2 h 5 min'
 */
export function durationText(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds))
  const parts: string[] = []
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ') || '0 s'
}

/**
 * A moment seen from now, in one unit; both unix seconds.
 *
 * @example
 * relativeText(1_000, 1_095) // '1 min ago'
 * relativeText(1_200, 1_095) // 'in 1 min'
 */
export function relativeText(at: number, now: number): string {
  const distance = Math.abs(now - at)
  if (distance < 2) return 'now'
  const [unit, size] = units.find(([, size]) => distance >= size) ?? units[3]
  const text = `${Math.floor(distance / size)} ${unit}`
  return at <= now ? `${text} ago` : `in ${text}`
}

/** A moment with its date, in the reader's own time zone. */
export function dateTimeText(at: number): string {
  return new Date(at * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}
