/** How many blocks to ask for at a time. */
export type RangeSize = {
  readonly blocks: number
  /** The node refused, or did not answer. */
  shrink(): void
  /** It went well and brought so many events. */
  learn(events: number): void
}

const FIRST = 1_000
const MOST = 50_000
/** A step's events are all in memory, and its transaction keeps the embedded database from answering. */
const ENOUGH_EVENTS = 5_000

/** Halves where nodes refuse, or where much happened; grows again. */
export function createRangeSize(): RangeSize {
  let blocks = FIRST
  return {
    get blocks() {
      return blocks
    },
    shrink() {
      blocks = Math.max(1, Math.floor(blocks / 2))
    },
    learn(events) {
      if (events > ENOUGH_EVENTS) blocks = Math.max(1, Math.floor((blocks * ENOUGH_EVENTS) / events))
      else if (events < ENOUGH_EVENTS / 2) blocks = Math.min(MOST, blocks * 2)
    },
  }
}
