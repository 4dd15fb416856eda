/** The provider's clock, unix seconds: the chain's, which it runs along between blocks. */
export type Clock = {
  nowSeconds(): number
  /** Told a block's time. `fresh`: the block was mined just now, and not before this provider looked. */
  tick(timestamp: number, fresh: boolean): void
}

/** A fresh block is not older than this, however slow its way here was; a clock that is further ahead of it is wrong. */
const TOLERANCE_SECONDS = 120

export type ClockSources = { wallMs(): number; monotonicMs(): number }

/**
 * A clock that never runs behind the chain's, for what the chain calls over is over, and is put back if it runs ahead of it. The
 * host's clock is looked at once, at the start; from then on only time that passes counts, so that a jump of the host's clock
 * neither ends a lease early nor lets one live on.
 */
export function createClock({ wallMs, monotonicMs }: ClockSources = defaultSources): Clock {
  let anchor = { seconds: wallMs() / 1000, atMs: monotonicMs() }
  const nowSeconds = () => Math.floor(anchor.seconds + (monotonicMs() - anchor.atMs) / 1000)
  return {
    nowSeconds,
    tick(timestamp, fresh) {
      const aheadSeconds = nowSeconds() - timestamp
      if (aheadSeconds < 0 || (fresh && aheadSeconds > TOLERANCE_SECONDS)) {
        anchor = { seconds: timestamp, atMs: monotonicMs() }
      }
    },
  }
}

const defaultSources: ClockSources = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
