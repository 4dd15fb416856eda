import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  computeUnit,
  computeUnits,
  formatDuration,
  formatSize,
  MAX_DURATION_SECONDS,
  parseCpus,
  parseDuration,
  parseMilliseconds,
  parsePercent,
  parseSize,
} from './units.ts'

describe('durations', () => {
  test.each([
    ['90s', 90],
    ['30m', 1800],
    ['2h', 7200],
    ['1d12h', 129_600],
    ['1h30m5s', 5405],
    ['0s', 0],
    ['4294967295s', MAX_DURATION_SECONDS],
  ])('%s', (text, seconds) => expect(parseDuration(text)).toBe(seconds))

  test.each([
    ['30', /no unit/],
    ['', /takes numbers/],
    ['1.5h', /takes numbers/],
    ['5m1h', /takes numbers/],
    ['1w', /takes numbers/],
    ['-1h', /takes numbers/],
    ['1h30', /takes numbers/],
    ['999999999d', /136 years/],
    ['4294967296s', /136 years/],
  ])('"%s" is refused', (text, reason) => expect(() => parseDuration(text)).toThrow(reason))

  test('are shown without what is none of', () => {
    expect([0, 59, 5400, 86_400, 129_605].map(formatDuration)).toEqual(['0s', '59s', '1h30m', '1d', '1d12h5s'])
  })

  test('read back what was formatted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_DURATION_SECONDS }), (seconds) => {
        expect(parseDuration(formatDuration(seconds))).toBe(seconds)
      }),
    )
  })
})

describe('sizes', () => {
  test.each([
    ['512', 512],
    ['512b', 512],
    ['1k', 1024],
    ['512m', 512 * 1024 ** 2],
    ['512Mi', 512 * 1024 ** 2],
    ['4GiB', 4 * 1024 ** 3],
    ['1g', 1024 ** 3],
    ['1gb', 1024 ** 3],
    ['0.5 GiB', 512 * 1024 ** 2],
    [' 1k ', 1024],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%s', (text, bytes) => expect(parseSize(text)).toBe(bytes))

  test.each(['', 'm', '512i', '1x', '-1m', '1e3', '1..5m', '0.3b', '9007199254740992'])('"%s" is refused', (text) => {
    expect(() => parseSize(text)).toThrow(/is not a size/)
  })

  test('are shown to one decimal', () => {
    expect([0, 1000, 1536, 512 * 1024 ** 2, 5 * 1024 ** 4, 1024 ** 5].map(formatSize)).toEqual([
      '0 B',
      '1000 B',
      '1.5 KiB',
      '512 MiB',
      '5 TiB',
      '1024 TiB',
    ])
  })
})

test('cores are thousandths, percentages basis points', () => {
  expect([parseCpus(' 2 '), parseCpus('0.125')]).toEqual([2000, 125])
  for (const bad of ['0', '-1', '1/2', '0.0001']) expect(() => parseCpus(bad)).toThrow(/is not a number of cores/)
  expect([parsePercent('99.5 %'), parsePercent('100%'), parsePercent('0%')]).toEqual([9950, 10_000, 0])
  for (const bad of ['99.5', '101%', '99.555%', '%']) expect(() => parsePercent(bad)).toThrow(/is not a percentage/)
})

describe('compute units', () => {
  test.each([
    ['nothing rounds up to one', [0, 0, 0], 1, '0 cores is 0 CU, rounded up to 1'],
    ['one unit is exact', [1000, 4, 25], 1, undefined],
    ['a fraction of a core', [500, 0, 0], 1, '0.5 cores is 0.5 CU, rounded up to 1'],
    ['memory rules', [1000, 5, 0], 2, '5 GiB of memory is 1.25 CU, rounded up to 2'],
    ['disk rules', [1000, 4, 51], 3, '51 GiB of disk is 2.04 CU, rounded up to 3'],
    ['cores rule', [8000, 4, 25], 8, undefined],
  ] as const)('%s', (_, [cpuMillis, memoryGib, diskGib], units, rounded) => {
    const needs = { cpuMillis, memoryBytes: memoryGib * 1024 ** 3, diskBytes: diskGib * 1024 ** 3 }
    expect(computeUnits(needs)).toMatchObject({ units, ...(rounded && { rounded }) })
    expect(computeUnits(needs).rounded).toBe(rounded)
  })

  test('hold every need, with less than one unit to spare, and never fall as needs rise', () => {
    const need = fc.record({
      cpuMillis: fc.integer({ min: 0, max: 1_000_000 }),
      memoryBytes: fc.integer({ min: 0, max: 2 ** 45 }),
      diskBytes: fc.integer({ min: 0, max: 2 ** 45 }),
    })
    fc.assert(
      fc.property(need, need, (a, b) => {
        const { units, largest } = computeUnits(a)
        for (const key of ['cpuMillis', 'memoryBytes', 'diskBytes'] as const) {
          expect(units * computeUnit[key]).toBeGreaterThanOrEqual(a[key])
        }
        expect(units === 1 || (units - 1) * computeUnit[largest] < a[largest]).toBe(true)
        const both = {
          cpuMillis: a.cpuMillis + b.cpuMillis,
          memoryBytes: a.memoryBytes + b.memoryBytes,
          diskBytes: a.diskBytes + b.diskBytes,
        }
        expect(computeUnits(both).units).toBeGreaterThanOrEqual(units)
      }),
    )
  })
})

describe("Compose's durations", () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['0.001s', 1],
    ['2000us', 2],
    ['1h1m1s1ms', 3_661_001],
    ['1s'.repeat(32), 32_000],
    ['4294967295s', 1000 * MAX_DURATION_SECONDS],
  ])('%s', (text, milliseconds) => expect(parseMilliseconds(text)).toBe(milliseconds))

  test.each([
    ['', /takes numbers/],
    ['5', /takes numbers/],
    ['1d', /takes numbers/],
    ['-1s', /takes numbers/],
    ['1 s', /takes numbers/],
    ['1..5s', /no number/],
    ['10us', /finer than 1 ms/],
    ['1s2', /takes numbers/],
    ['4294967296s', /136 years/],
    [`${'1s'.repeat(40)}`, /takes numbers/],
  ])('%s is refused', (text, reason) => expect(() => parseMilliseconds(text)).toThrow(reason))
})
