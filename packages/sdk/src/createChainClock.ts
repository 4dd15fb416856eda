/** The chain's clock, unix seconds, along which it runs between blocks. */
export type ChainClock = {
  nowSeconds(): number
  /** Told a block's time. `fresh`: the block was mined just now, and not before its reader looked. */
  tick(timestamp: number, fresh: boolean): void
}

/** A fresh block is not older than this, however slow its way here was; a clock that is further ahead of it is wrong. */
const TOLERANCE_SECONDS = 120

export type ChainClockSources = { wallMs(): number; monotonicMs(): number }

/**
 * A clock that never runs behind the chain's, for what the chain calls over is over, and is put back if it runs ahead of it. The
 * host's clock is looked at once, at the start; from then on only time that passes counts, so that a jump of the host's clock
 * neither ends anything early nor lets it live on.
 *
 * @example
 * const clock = createChainClock()
 * for await (const update of watchMarket(market, { signal })) {
 *   if (update.type === 'synced') clock.tick(update.timestamp, true)
 * }
 */
export function createChainClock({ wallMs, monotonicMs }: ChainClockSources = defaultSources): ChainClock {
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

const defaultSources: ChainClockSources = { wallMs: () => Date.now(), monotonicMs: () => performance.now() }
