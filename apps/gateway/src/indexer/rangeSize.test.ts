import { expect, test } from 'vitest'
import { createRangeSize } from './rangeSize.ts'

test('a range grows while little happens, and halves down to one block where it is refused', () => {
  const size = createRangeSize()
  expect(size.next(10_000)).toBe(1_000)
  size.learn(10)
  expect(size.next(10_000)).toBe(2_000)
  expect(size.next(60)).toBe(60)
  const refused = Array.from({ length: 7 }, () => [size.shrink(), size.next(60)])
  expect(refused).toEqual([
    [true, 30],
    [true, 15],
    [true, 7],
    [true, 3],
    [true, 1],
    [false, 1],
    [false, 1],
  ])
})

test('where much happens, a range is as large as brings enough', () => {
  const size = createRangeSize()
  size.next(10_000)
  size.learn(50_000)
  expect(size.next(10_000)).toBe(100)
  size.learn(4_000)
  expect(size.next(10_000)).toBe(100)
})
