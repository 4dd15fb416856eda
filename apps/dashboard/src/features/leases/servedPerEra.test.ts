import { expect, test } from 'vitest'
import { servedPerEra } from './servedPerEra.ts'

test('cumulative reports become what each added, the oldest first', () => {
  expect(
    servedPerEra([
      { era: 9, served: 80 },
      { era: 7, served: 30 },
      { era: 8, served: 60 },
    ]),
  ).toEqual([
    { era: 7, seconds: 30, total: 30 },
    { era: 8, seconds: 30, total: 60 },
    { era: 9, seconds: 20, total: 80 },
  ])
})

test('a report that says less than the one before added nothing', () => {
  expect(
    servedPerEra([
      { era: 1, served: 50 },
      { era: 2, served: 40 },
    ]).map(({ seconds }) => seconds),
  ).toEqual([50, 0])
})
