import { type Hex, keccak256, numberToHex } from 'viem'
import { expect, test } from 'vitest'
import { assignedMonitors, createDraw, isEarlier } from './assign.ts'
import { writeHex } from './bytes.ts'
import { logTable, negativeLog } from './negativeLog.ts'
import type { EraMonitor } from './types.ts'

const seed = keccak256('0x5eed')
const monitor = (index: number, weight: number): EraMonitor => ({
  monitor: numberToHex(index + 1, { size: 20 }),
  weight,
})

/** How often each of `monitors` is among the drawn, over `leases` leases. */
function counts(monitors: readonly EraMonitor[], redundancy: number, leases: number): number[] {
  const draw = createDraw(monitors, redundancy)
  const bytes = new Uint8Array(64)
  writeHex(seed, bytes, 0)
  const view = new DataView(bytes.buffer)
  const all = monitors.map(() => 0)
  for (let lease = 0; lease < leases; lease++) {
    view.setUint32(60, lease)
    for (const index of draw(bytes)) all[index] = (all[index] ?? 0) + 1
  }
  return all
}

/** The sum of squared deviations over variances: about as large as there are monitors, if the draw is fair. */
function chiSquare(observed: readonly number[], expected: readonly number[], draws: number): number {
  return observed.reduce((sum, count, index) => {
    const mean = expected[index] ?? 0
    return sum + (count - mean) ** 2 / (mean * (1 - mean / draws))
  }, 0)
}

test('one place goes to each monitor in proportion to its weight', () => {
  const monitors = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89].map((weight, index) => monitor(index, weight))
  const draws = 200_000
  const total = monitors.reduce((sum, { weight }) => sum + weight, 0)
  const expected = monitors.map(({ weight }) => (draws * weight) / total)
  // 10 monitors, 9 degrees of freedom: a fair draw stays below 33.7 in all but one of 10,000 seeds; this seed is fixed.
  expect(chiSquare(counts(monitors, 1, draws), expected, draws)).toBeLessThan(33.7)
})

test('five of fifty of one weight are drawn equally often', () => {
  const monitors = Array.from({ length: 50 }, (_, index) => monitor(index, 1_000))
  const draws = 50_000
  const expected = monitors.map(() => draws / 10)
  expect(chiSquare(counts(monitors, 5, draws), expected, draws)).toBeLessThan(100)
})

test('two of three are drawn as a race of exponential clocks would have it', () => {
  const weights = [6, 3, 1]
  const draws = 100_000
  const chance = (index: number): number => {
    const own = weights[index] ?? 0
    const others = weights.filter((_, other) => other !== index)
    return own / 10 + others.reduce((sum, other) => sum + (other / 10) * (own / (10 - other)), 0)
  }
  const observed = counts(
    weights.map((weight, index) => monitor(index, weight)),
    2,
    draws,
  )
  const expected = weights.map((_, index) => draws * chance(index))
  expect(chiSquare(observed, expected, draws)).toBeLessThan(20)
})

test('all are drawn if there are no more than places, but for those without weight', () => {
  const monitors = [monitor(0, 5), monitor(1, 0), monitor(2, 1)]
  expect(assignedMonitors(seed, seed, monitors, 5)).toEqual([monitors[0]?.monitor, monitors[2]?.monitor])
  expect(assignedMonitors(seed, seed, [], 5)).toEqual([])
})

test('who leaves changes only the leases that it had', () => {
  const monitors = Array.from({ length: 20 }, (_, index) => monitor(index, 1 + (index % 7)))
  const left = monitors[4]?.monitor
  const fewer = monitors.filter((other) => other.monitor !== left)
  let had = 0
  for (let index = 0; index < 500; index++) {
    const lease: Hex = keccak256(numberToHex(index))
    const before = assignedMonitors(seed, lease, monitors, 5)
    const after = assignedMonitors(seed, lease, fewer, 5)
    if (left !== undefined && before.includes(left)) had++
    expect(before.filter((other) => other !== left && !after.includes(other))).toEqual([])
  }
  expect(had).toBeGreaterThan(0)
})

test('weights at both ends of their range are compared exactly', () => {
  const monitors = [monitor(0, 2 ** 32 - 1), monitor(1, 2 ** 32 - 1), monitor(2, 1)]
  const [first, second, third] = counts(monitors, 1, 20_000)
  expect(third).toBe(0)
  expect(Math.abs((first ?? 0) - (second ?? 0))).toBeLessThan(600)
})

test('who is earlier is exact where doubles are not, and told by the tie where both are at the same time', () => {
  const most = 2 ** 32 - 1
  // Both products are 2^61 and a little, a difference of one apart: the same as doubles.
  const [a, b] = [
    { time: 2 ** 29 - 1, weight: most, tie: 9 },
    { time: 2 ** 29 - 1, weight: most, tie: 8 },
  ]
  expect([isEarlier(a, b), isEarlier(b, a)]).toEqual([false, true])
  expect(isEarlier(a, a)).toBe(false)
  const [c, d] = [
    { time: 2 ** 29 - 1, weight: most, tie: 1 },
    { time: 2 ** 29 - 2, weight: most - 8, tie: 0 },
  ]
  expect(c.time * d.weight).toBe(d.time * c.weight)
  const exact = BigInt(c.time) * BigInt(d.weight) - BigInt(d.time) * BigInt(c.weight)
  expect([isEarlier(c, d), isEarlier(d, c)]).toEqual([exact < 0n, exact > 0n])
  const [e, f] = [
    { ...c, tie: d.tie },
    { ...d, tie: c.tie },
  ]
  expect([isEarlier(e, f), isEarlier(f, e)]).toEqual([exact < 0n, exact > 0n])
  expect([isEarlier({ time: 1, weight: 1, tie: 0 }, { time: 2, weight: 1, tie: 0 })]).toEqual([true])
})

test('the logarithm is within 5 units of the real one and never rises', () => {
  let previous = negativeLog(0)
  expect(previous).toBe(2 ** 29)
  for (let u = 0; u < 2 ** 32; u += 65_521) {
    const log = negativeLog(u)
    expect(log).toBeLessThanOrEqual(previous)
    expect(Math.abs(log + Math.log2((u + 1) / 2 ** 32) * 2 ** 24)).toBeLessThan(5)
    previous = log
  }
  expect([negativeLog(2 ** 32 - 2), negativeLog(2 ** 32 - 1)]).toEqual([1, 0])
})

test('the table and a draw are what they were: monitors of two versions must agree', () => {
  expect(keccak256(new Uint8Array(logTable().buffer))).toBe(
    '0x488997e8beefd7e2f64f5819624b3029b30e1b58a449505a24b559b969e33243',
  )
  const monitors = Array.from({ length: 12 }, (_, index) => monitor(index, 10 + index))
  expect(assignedMonitors(seed, keccak256('0x01'), monitors, 3)).toEqual([
    '0x0000000000000000000000000000000000000005',
    '0x0000000000000000000000000000000000000008',
    '0x000000000000000000000000000000000000000a',
  ])
})
