/** Chance that is the same for the same seed. */
export type Random = {
  /** From 0 to below 1. */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number
  /** One of them. @throws {RangeError} if there is none */
  pick<T>(list: readonly T[]): T
  /** True so often, from 0 to 1. */
  chance(often: number): boolean
  /** Chance of its own for one purpose: what is drawn from it changes nothing here. */
  fork(purpose: string): Random
}

/**
 * Chance from a seed (mulberry32): good enough to choose faults by, and the same on every machine.
 *
 * @example
 * randomOf(7).integer(1, 6) // the same in every run
 */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    integer: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new RangeError('there is nothing to pick from')
      // CAST: the index is below the length, which is not 0
      return list[Math.floor(next() * list.length)] as T
    },
    chance: (often) => next() < often,
    fork: (purpose) => randomOf((seed ^ hashOf(purpose)) >>> 0),
  }
}

/** So many bytes that mean nothing. */
export function bytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.integer(0, 255)))
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
