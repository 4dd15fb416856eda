import fc from 'fast-check'
import { expect, test } from 'vitest'
import { priceByLoad, priceByMarket } from './pricing.ts'

test('a price by utilisation stays between idle and full and never falls as units are leased', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 10n ** 12n),
      fc.bigInt(0n, 10n ** 12n),
      fc.integer({ min: 1, max: 10_000 }),
      fc.nat(10_000),
      (idle, extra, committedUnits, leased) => {
        const pricing = { idle, full: idle + extra }
        const leasedUnits = leased % committedUnits
        const price = priceByLoad(pricing, { leasedUnits, committedUnits })
        expect(price).toBeGreaterThanOrEqual(idle)
        expect(price).toBeLessThanOrEqual(idle + extra)
        expect(priceByLoad(pricing, { leasedUnits: leasedUnits + 1, committedUnits })).toBeGreaterThanOrEqual(price)
      },
    ),
  )
})

test('a class of which nothing is committed has its full price', () => {
  expect(priceByLoad({ idle: 1n, full: 9n }, { leasedUnits: 0, committedUnits: 0 })).toBe(9n)
})

const follows = { factorBps: 10_000, min: 0n, max: 10n ** 12n, otherwise: 'max' } as const

test('a price that follows the market is the median, in whatever order the matches came', () => {
  expect(priceByMarket(follows, [30n, 10n, 20n])).toBe(20n)
  expect(priceByMarket(follows, [40n, 10n, 20n, 30n])).toBe(20n)
  expect(priceByMarket({ ...follows, factorBps: 9_500 }, [19_999n])).toBe(18_999n)
})

test('a price that follows the market stays within its bounds, also where there is no market', () => {
  const bounds = { ...follows, min: 15n, max: 25n }
  expect(priceByMarket(bounds, [1n])).toBe(15n)
  expect(priceByMarket(bounds, [99n])).toBe(25n)
  expect(priceByMarket(bounds, [])).toBe(25n)
  expect(priceByMarket({ ...bounds, otherwise: 'min' }, [])).toBe(15n)
})

test('half of those who are paid decide: fewer cannot move the price past what others are paid', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt(10n, 20n), { minLength: 2, maxLength: 20 }),
      fc.bigInt(0n, 10n ** 9n),
      (honest, lie) => {
        const liars = Array.from({ length: honest.length - 1 }, () => lie)
        const price = priceByMarket(follows, [...honest, ...liars])
        expect(price).toBeGreaterThanOrEqual(10n)
        expect(price).toBeLessThanOrEqual(20n)
      },
    ),
  )
})
