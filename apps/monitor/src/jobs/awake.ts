/** How this process spends some time. */
export type Awake = {
  /** For so long it could act. */
  awakeMs(): number
  /** For so long it could not: it was stopped, got no processor, or was busy with something else. */
  lostMs(): number
  stop(): void
}

/** Whoever can act looks at the clock so often; what it comes later than that is lost. */
const TICK_MS = 100

/**
 * Counts the time in which this process can act, and leaves out what it slept through: that is nobody else's fault.
 *
 * @param over told once when it was awake for `limitMs`
 */
export function countAwake(limitMs: number, over: () => void): Awake {
  let [awakeMs, lostMs, lookedMs] = [0, 0, performance.now()]
  function look(): void {
    const now = performance.now()
    const passed = now - lookedMs
    awakeMs += Math.min(passed, TICK_MS)
    lostMs += Math.max(0, passed - TICK_MS)
    lookedMs = now
  }
  const timer = setInterval(() => {
    look()
    if (awakeMs < limitMs) return
    clearInterval(timer)
    over()
  }, TICK_MS)
  return {
    awakeMs() {
      look()
      return awakeMs
    },
    lostMs() {
      look()
      return lostMs
    },
    stop: () => clearInterval(timer),
  }
}
