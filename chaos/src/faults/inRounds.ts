import { setTimeout as sleep } from 'node:timers/promises'
import type { Undo } from '../fault.ts'

/** Between one round and the next: whom strangers talk to has time for others. */
const BETWEEN_MS = 100

/** Does something over and over until it is undone, or the run ends. `round` ends soon once its signal aborts, and never rejects. */
export function inRounds(signal: AbortSignal, round: (ended: AbortSignal) => Promise<unknown>): Undo {
  const over = new AbortController()
  const ended = AbortSignal.any([over.signal, signal])
  const talk = async () => {
    while (!ended.aborted) {
      await round(ended)
      await sleep(BETWEEN_MS, undefined, { signal: ended }).catch(() => {})
    }
  }
  const talking = talk()
  return async () => {
    over.abort()
    await talking
  }
}
