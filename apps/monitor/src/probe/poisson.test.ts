import fc from 'fast-check'
import { type Hex, keccak256, stringToHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { eraSecretMessage, nextMoment, seedOf } from './poisson.ts'

const seedFor = (text: string) => keccak256(stringToHex(text))
const lease = (n: number): Hex => keccak256(stringToHex(`lease ${n}`))

/** All moments of a stretch of time. */
function moments(seed: Hex, meanMs: number, fromMs: number, untilMs: number): number[] {
  const found: number[] = []
  for (let at = nextMoment({ seed, meanMs }, fromMs); at < untilMs; at = nextMoment({ seed, meanMs }, at))
    found.push(at)
  return found
}

describe('the moments of a seed', () => {
  test('are as frequent as asked, and as far apart as chance has it', () => {
    const meanMs = 15_000
    const all = moments(seedFor('a'), meanMs, 1_800_000_000_000, 1_800_000_000_000 + 2_000 * meanMs)
    // 2,000 expected; the standard deviation of a Poisson process is 45.
    expect(Math.abs(all.length - 2_000)).toBeLessThan(200)
    const gaps = all.slice(1).map((at, index) => at - (all[index] ?? 0))
    const shareAbove = (ms: number) => gaps.filter((gap) => gap > ms).length / gaps.length
    // Of an exponential distribution: e^-1 and e^-3.
    expect(shareAbove(meanMs)).toBeCloseTo(0.368, 1)
    expect(shareAbove(3 * meanMs)).toBeCloseTo(0.05, 1)
  })

  test('go on the same wherever one begins', () => {
    const seed = seedFor('b')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: 50, max: 60_000 }), (offset, meanMs) => {
        const fromMs = 1_800_000_000_000 + offset
        const first = nextMoment({ seed, meanMs }, fromMs)
        expect(first).toBeGreaterThan(fromMs)
        expect(nextMoment({ seed, meanMs }, (fromMs + first) / 2)).toBe(first)
        expect(nextMoment({ seed, meanMs }, first)).toBeGreaterThan(first)
      }),
    )
  })

  test('are others for another monitor, era, lease and kind', () => {
    const secret = seedFor('secret')
    const seeds = [
      seedOf(secret, lease(1), 'visit'),
      seedOf(secret, lease(1), 'challenge'),
      seedOf(secret, lease(2), 'visit'),
      seedOf(seedFor('another'), lease(1), 'visit'),
    ]
    const lists = seeds.map((seed) => moments(seed, 1_000, 0, 100_000))
    expect(new Set(lists.flat()).size).toBe(lists.flat().length)
    expect(eraSecretMessage('0x01', 1n)).not.toBe(eraSecretMessage('0x01', 2n))
    expect(eraSecretMessage('0x01', 1n)).not.toBe(eraSecretMessage('0x02', 1n))
  })
})
