import { createHash } from 'node:crypto'
import type { World } from './wasiImports.ts'

/** 1 January 2020: later than any program's own past, the same in every run. */
const EPOCH_NS = 1_577_836_800_000_000_000n
/** What passes from one look at the clock to the next, so that a program that waits for time to pass goes on. */
const LOOK_NS = 1_000n
const REALTIME = 0

/**
 * Clock and randomness of a task: nothing of this host or this moment is in them. Sleeping takes no time, the clock is put forward
 * instead.
 */
export function createTaskWorld(seed: string): World {
  let elapsedNs = 0n
  const random = createSeededRandom(seed)
  return {
    now: (clock) => {
      elapsedNs += LOOK_NS
      return clock === REALTIME ? EPOCH_NS + elapsedNs : elapsedNs
    },
    sleep: (ns) => {
      if (ns > 0n) elapsedNs += ns
    },
    random,
  }
}

/** SHA-256 of the seed and a counter, block after block. */
function createSeededRandom(seed: string): (bytes: Uint8Array) => void {
  const key = Buffer.from(seed.slice(2), 'hex')
  let counter = 0n
  let rest = Buffer.alloc(0)
  const next = () => {
    const count = Buffer.alloc(8)
    count.writeBigUInt64BE(counter)
    counter += 1n
    return createHash('sha256').update(key).update(count).digest()
  }
  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      if (rest.length === 0) rest = next()
      const taken = rest.subarray(0, bytes.length - at)
      bytes.set(taken, at)
      rest = rest.subarray(taken.length)
      at += taken.length
    }
  }
}
