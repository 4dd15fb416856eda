/** Numbers that follow from a seed alone. */
export type Random = {
  /** An integer from 0 to `below - 1`; 0 if `below` is less. */
  int(below: number): number
  /** True once in so many times. */
  oneIn(times: number): boolean
  /** @throws {RangeError} for an empty list */
  pick<Item>(items: readonly Item[]): Item
}

/** Generator of Steele, Lea and Flood (splitmix32): quick, and good enough to choose by. */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  const int = (below: number): number => (below <= 1 ? 0 : next() % below)
  return {
    int,
    oneIn: (times) => int(times) === 0,
    pick(items) {
      const item = items[int(items.length)]
      if (item === undefined) throw new RangeError('there is nothing to pick from')
      return item
    },
  }
}
