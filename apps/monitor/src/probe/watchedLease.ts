import type { Dialable } from '@tender/protocol'
import type { Hex } from 'viem'

/** A lease that is looked at. Times are unix seconds. */
export type WatchedLease = {
  lease: Hex
  provider: bigint
  /** Its order's digest: what was promised is known by it. */
  order: Hex
  start: number
  /** When it ends; moves when it is prolonged or closed. */
  stop: number
  startWindow: number
}

/** From here on a lease must serve: its provider signed that it started, or had the time to start. */
export function isDue({ start, startWindow }: WatchedLease, startedAt: number, nowSeconds: number): boolean {
  const latest = start + startWindow
  return nowSeconds >= (startedAt > 0 ? Math.min(startedAt, latest) : latest)
}

/** Where a provider is reached. `hidden`: it does not say; `unheard`: this monitor has not listened for long enough to say so. */
export type Reach = { contact: Dialable } | { contact: undefined; state: 'hidden' | 'unheard' }
