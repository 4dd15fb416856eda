import { expect, test } from 'vitest'
import { createRateLimiter } from './rateLimit.ts'
import { createRecent } from './recent.ts'

test('a burst, then the rate, each key for itself', () => {
  let nowMs = 0
  const allowed = createRateLimiter({ perSecond: 2, burst: 3 }, () => nowMs)
  const count = (key: string) => Array.from({ length: 10 }, () => allowed(key)).filter(Boolean).length
  expect(count('a')).toBe(3)
  expect(count('b')).toBe(3)
  nowMs += 1000
  expect(count('a')).toBe(2)
  nowMs += 1_000_000
  expect(count('a')).toBe(3)
})

test('keys without number do not fill the memory: the longest silent are forgotten', () => {
  const allowed = createRateLimiter({ perSecond: 0, burst: 1 }, () => 0)
  expect(allowed('first')).toBe(true)
  expect(allowed('first')).toBe(false)
  for (let key = 0; key < 10_000; key++) allowed(`${key}`)
  expect(allowed('first')).toBe(true)
})

test('an id is remembered for its time', () => {
  let nowMs = 0
  const recent = createRecent(1000, () => nowMs)
  expect(recent.add('a')).toBe(true)
  expect(recent.add('a')).toBe(false)
  nowMs = 999
  expect(recent.has('a')).toBe(true)
  nowMs = 1000
  expect(recent.has('a')).toBe(false)
  expect(recent.add('a')).toBe(true)
})
