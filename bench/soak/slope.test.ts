import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Point, secondHalf, slopeOf } from './slope.ts'

const line = (slope: number, count: number): Point[] =>
  Array.from({ length: count }, (_, index) => ({ seconds: index * 5, value: 1_000 + slope * index * 5 }))

describe('slopeOf', () => {
  test('a quarter of wild readings does not hide a climb, nor make one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 3),
        fc.array(fc.record({ at: fc.nat(39), value: fc.double({ min: -1e9, max: 1e9, noNaN: true }) }), {
          maxLength: 10,
        }),
        (slope, wild) => {
          const points = line(slope, 40)
          for (const { at, value } of wild) points[at] = { seconds: at * 5, value }
          expect(slopeOf(points)).toBeCloseTo(slope, 6)
        },
      ),
    )
  })

  test('nothing can be said of one reading', () => {
    expect(slopeOf([])).toBe(0)
    expect(slopeOf(line(1, 1))).toBe(0)
  })
})

test('the second half is that of the time, not of the readings', () => {
  const points = [0, 1, 2, 3, 60, 100].map((seconds) => ({ seconds, value: 0 }))
  expect(secondHalf(points).map(({ seconds }) => seconds)).toEqual([60, 100])
})
