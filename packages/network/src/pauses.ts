/** How long to wait before the next attempt to reach a peer. */
export type Pauses = {
  /** Milliseconds until the next attempt; they grow while attempts fail. */
  next(): number
  /** Tells that a connection was there for so long, and is lost. */
  lost(lastedMs: number): void
}

const FIRST_PAUSE_MS = 250
/** In the first minute after a loss the peer is probably just restarting. */
const SOON_MS = 60_000
const LONGEST_PAUSE_SOON_MS = 2_000
const LONGEST_PAUSE_MS = 30_000
/** A connection of at least this length was a good one; a peer that accepts and hangs up is not asked ever faster. */
const GOOD_MS = 10_000

/** See {@link Pauses}. `nowMs` is a monotonic clock in milliseconds. */
export function createPauses(nowMs = () => performance.now()): Pauses {
  let since = nowMs()
  let pauseMs = FIRST_PAUSE_MS
  return {
    next() {
      const longestMs = nowMs() - since < SOON_MS ? LONGEST_PAUSE_SOON_MS : LONGEST_PAUSE_MS
      const pause = Math.min(pauseMs, longestMs)
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      return pause * (0.5 + Math.random() / 2)
    },
    lost(lastedMs) {
      if (lastedMs < GOOD_MS) return
      since = nowMs()
      pauseMs = FIRST_PAUSE_MS
    },
  }
}
