import { describe, expect, test } from 'vitest'
import { durationText, relativeText } from './time.ts'

describe('durationText', () => {
  test.each([
    [0, '0 s'],
    [-5, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [7_530, '2 h 5 min'],
    [7_205, '2 h'],
    [86_400 * 3 + 3_600 * 4 + 59, '3 d 4 h'],
    [90.9, '1 min 30 s'],
  ])('%s seconds are %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text)
  })
})

describe('relativeText', () => {
  test.each([
    [1_000, 1_000, 'now'],
    [1_001, 1_000, 'now'],
    [1_000, 1_095, '1 min ago'],
    [1_200, 1_095, 'in 1 min'],
    [0, 86_400 * 2, '2 d ago'],
  ])('%s seen from %s is %s', (at, now, text) => {
    expect(relativeText(at, now)).toBe(text)
  })
})
