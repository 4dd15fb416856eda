import fc from 'fast-check'
import { expect, test } from 'vitest'
import { priceFor } from './pricing.ts'

test('a fixed price does not move', () => {
  expect(priceFor({ strategy: 'fixed', price: 20_000n }, { leasedUnits: 8, committedUnits: 8 })).toBe(20_000n)
})

test('a price by utilisation stays between idle and full and never falls as units are leased', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, 10n ** 12n),
      fc.bigInt(0n, 10n ** 12n),
      fc.integer({ min: 1, max: 10_000 }),
      fc.nat(10_000),
      (idle, extra, committedUnits, leased) => {
        const pricing = { strategy: 'utilisation', idle, full: idle + extra } as const
        const leasedUnits = leased % committedUnits
        const price = priceFor(pricing, { leasedUnits, committedUnits })
        expect(price).toBeGreaterThanOrEqual(idle)
        expect(price).toBeLessThanOrEqual(idle + extra)
        expect(priceFor(pricing, { leasedUnits: leasedUnits + 1, committedUnits })).toBeGreaterThanOrEqual(price)
      },
    ),
  )
})

test('a class of which nothing is committed has its full price', () => {
  const pricing = { strategy: 'utilisation', idle: 1n, full: 9n } as const
  expect(priceFor(pricing, { leasedUnits: 0, committedUnits: 0 })).toBe(9n)
})
