import { formatDuration } from '@tender/protocol'
import { shortId } from './records.ts'

/** From when on a tenant is told that a lease's time runs out, seconds before its end; the nearest first. */
export const WARN_SECONDS = [3600, 86_400] as const

/** How near an end is. */
export type Nearness = 'over' | 'hour' | 'day' | 'far'

/** How near a lease's end is. */
export function nearness(remainingSeconds: number): Nearness {
  const [hour, day] = WARN_SECONDS
  if (remainingSeconds <= 0) return 'over'
  return remainingSeconds <= hour ? 'hour' : remainingSeconds <= day ? 'day' : 'far'
}

/**
 * Seconds in their two largest units, rounded down: what nobody reads to the second.
 *
 * @example
 * roughly(93_784) // '1d2h'
 */
export function roughly(seconds: number): string {
  const parts = formatDuration(seconds).match(/\d+[a-z]/g) ?? []
  return parts.slice(0, 2).join('')
}

/** A time as people read it, on this machine's clock: `2026-11-21 18:05`. @param at unix seconds */
export function clockTime(at: number): string {
  const date = new Date(at * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** A time to the second, for what takes less than minutes: `2026-11-21 18:05:09`. @param at unix seconds */
export function exactTime(at: number): string {
  return `${clockTime(at)}:${String(at % 60).padStart(2, '0')}`
}

/** When a lease ends, absolute and relative: `2026-11-21 18:05 (in 2h4m)`. Times are unix seconds. */
export function endText(stop: number, now: number): string {
  const relative = stop > now ? `in ${roughly(stop - now)}` : `${roughly(now - stop)} ago`
  return `${clockTime(stop)} (${relative})`
}

/** What to say of a lease whose end is near or past, and what to do about it; `undefined` while it is far. */
export function endWarning(
  { name, leaseId, stop }: { name: string; leaseId: string; stop: number },
  now: number,
): string | undefined {
  const id = shortId(leaseId)
  switch (nearness(stop - now)) {
    case 'over':
      return `${name} (lease ${id}) is over since ${endText(stop, now)}: its workload is stopped; \`tender lease show ${id}\` says why`
    case 'hour':
    case 'day':
      return `${name} (lease ${id}) ends ${endText(stop, now)}: prolong it with \`tender extend ${id} 2h\``
    case 'far':
      return undefined
  }
}
