/** How many blocks to ask for at a time. */
export type RangeSize = {
  /** So many of those that could be asked for. */
  next(possible: number): number
  /** What was asked for last was refused, or not answered. @returns whether there is less to ask for */
  shrink(): boolean
  /** What was asked for last brought so many events. */
  learn(events: number): void
}

const FIRST = 1_000
const MOST = 50_000
/** A step's events are all in memory, and its transaction keeps the embedded database from answering. */
const ENOUGH_EVENTS = 5_000

/** Halves where nodes refuse, or where much happened; grows again. */
export function createRangeSize(): RangeSize {
  let blocks = FIRST
  let asked = FIRST
  return {
    next(possible) {
      asked = Math.min(blocks, possible)
      return asked
    },
    shrink() {
      const more = asked > 1
      blocks = Math.max(1, Math.floor(asked / 2))
      return more
    },
    learn(events) {
      if (events > ENOUGH_EVENTS) blocks = Math.max(1, Math.floor((asked * ENOUGH_EVENTS) / events))
      else if (events < ENOUGH_EVENTS / 2 && asked === blocks) blocks = Math.min(MOST, blocks * 2)
    },
  }
}
