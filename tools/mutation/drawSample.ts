/**
 * Some of a list, in its order, the same for the same seed.
 *
 * @example
 * drawSample(['a', 'b', 'c'], 2, 1) // two of them
 */
export function drawSample<T>(all: readonly T[], count: number, seed: number): T[] {
  const random = chances(seed)
  let left = Math.min(count, all.length)
  return all.filter((_, index) => {
    const isDrawn = random() * (all.length - index) < left
    if (isDrawn) left -= 1
    return isDrawn
  })
}

/** Numbers from 0 to below 1 that a seed decides (mulberry32). */
function chances(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
