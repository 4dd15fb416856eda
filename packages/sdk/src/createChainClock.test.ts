import { beforeEach, describe, expect, test } from 'vitest'
import { type ChainClock, createChainClock } from './createChainClock.ts'

let wallMs: number
let monotonicMs: number
let clock: ChainClock
const pass = (seconds: number) => {
  wallMs += seconds * 1000
  monotonicMs += seconds * 1000
}

beforeEach(() => {
  wallMs = 1_000_000_000
  monotonicMs = 5_000
  clock = createChainClock({ wallMs: () => wallMs, monotonicMs: () => monotonicMs })
})

test('starts with the host and runs with the time that passes', () => {
  expect(clock.nowSeconds()).toBe(1_000_000)
  pass(90)
  expect(clock.nowSeconds()).toBe(1_000_090)
})

describe("a jump of the host's clock", () => {
  test.each([3_600, -3_600])('of %i s changes nothing', (jumpSeconds) => {
    pass(10)
    wallMs += jumpSeconds * 1000
    expect(clock.nowSeconds()).toBe(1_000_010)
    pass(5)
    clock.tick(1_000_014, true)
    expect(clock.nowSeconds()).toBe(1_000_015)
  })
})

describe("the chain's clock", () => {
  test('is followed when it is ahead', () => {
    clock.tick(1_003_600, false)
    pass(1)
    expect(clock.nowSeconds()).toBe(1_003_601)
  })

  test('is behind by the age of an old block, which says nothing', () => {
    clock.tick(996_400, false)
    expect(clock.nowSeconds()).toBe(1_000_000)
  })

  test('puts a clock back that runs ahead of a fresh block', () => {
    clock.tick(996_400, true)
    pass(2)
    expect(clock.nowSeconds()).toBe(996_402)
  })

  test('leaves the seconds alone that a fresh block took to come here', () => {
    clock.tick(999_990, true)
    expect(clock.nowSeconds()).toBe(1_000_000)
  })
})
