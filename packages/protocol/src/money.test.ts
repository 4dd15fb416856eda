import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from './errors.ts'
import {
  type Asset,
  deposit,
  feeOf,
  formatAmount,
  formatPrice,
  held,
  type LeaseMoney,
  mostCost,
  owed,
  parseAmount,
  parsePrice,
  pay,
  rateOf,
  shorten,
} from './money.ts'

const usdc: Asset = { symbol: 'USDC', decimals: 6 }
const rates = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })
const seconds = fc.integer({ min: 0, max: 2 ** 40 - 1 })

describe('amounts in words', () => {
  test.each([
    ['1.5 USDC', 1_500_000n],
    ['0.000001 USDC', 1n],
    ['.5 USDC', 500_000n],
    ['1.5000000000 USDC', 1_500_000n],
    ['0 USDC', 0n],
    ['  1.5   USDC ', 1_500_000n],
  ])('%s', (text, amount) => expect(parseAmount(text, usdc)).toBe(amount))

  test.each(['0.02 USDC/h', ' 0.02  USDC / h '])('price %s', (text) => expect(parsePrice(text, usdc)).toBe(20_000n))

  test.each([
    ['1.5', /a number and an asset/],
    ['USDC', /a number and an asset/],
    ['-1 USDC', /a number and an asset/],
    ['1e3 USDC', /a number and an asset/],
    ['1,5 USDC', /a number and an asset/],
    ['1 EURC', /the asset is USDC/],
    ['0.0000001 USDC', /USDC has 6 decimals/],
    ['about 1 USDC', /a number and an asset/],
    ['1 USDC, please', /a number and an asset/],
  ])('%s is refused', (text, reason) => {
    expect(() => parseAmount(text, usdc)).toThrow(InvalidInputError)
    expect(() => parseAmount(text, usdc)).toThrow(reason)
  })

  test('a refusal says what was read and what to write, without a list of faults', () => {
    const refused = { code: 'badText', hint: 'Write it in USDC.', data: { text: '1 EURC', issues: [] } }
    expect(() => parseAmount('1 EURC', usdc)).toThrow(expect.objectContaining(refused))
  })

  test.each([
    ['0.02 USDC', /no unit of time/],
    ['0.02 USDC/d', /per hour/],
    ['0.02 USDC/hour', /per hour/],
    ['/h', /a number, an asset and \/h/],
    ['0.02/h', /an asset/],
    ['cheap USDC/h', /"cheap" is not a decimal number/],
  ])('price %s is refused', (text, reason) => expect(() => parsePrice(text, usdc)).toThrow(reason))

  test('formatting is exact: it reads back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }), fc.integer({ min: 0, max: 18 }), (amount, decimals) => {
        const asset = { symbol: 'X', decimals }
        expect(parseAmount(formatAmount(amount, asset), asset)).toBe(amount)
        expect(parsePrice(formatPrice(amount, asset), asset)).toBe(amount)
      }),
    )
    expect(formatAmount(-1_500_000n, usdc)).toBe('-1.5 USDC')
  })
})

describe('the escrow’s arithmetic', () => {
  test('an hour is exact; less rounds down when owed and up when deposited', () => {
    expect(rateOf(20_000n, 4)).toBe(80_000n)
    expect(owed(80_000n, 3600)).toBe(80_000n)
    expect([owed(1n, 3599), deposit(1n, 1)]).toEqual([0n, 1n])
    expect(feeOf(99n, 200)).toBe(1n)
  })

  test('an order costs at most all its replicas at its highest price', () => {
    const order = { maxPrice: 20_000n, units: 3, replicas: 2, duration: 1800 }
    // CAST: only these four fields are read
    expect(mostCost(order as Parameters<typeof mostCost>[0])).toBe(60_000n)
  })

  test('what is paid rises with the seconds served up to those held, and never falls', () => {
    const lease: LeaseMoney = { rate: 7_200n, heldSeconds: 100, secondsPaid: 10 }
    const after = (seconds: number) => {
      const { lease: left, paid } = pay(lease, seconds)
      return { secondsPaid: left.secondsPaid, paid }
    }
    expect(after(60)).toEqual({ secondsPaid: 60, paid: 100n })
    expect(after(101)).toEqual({ secondsPaid: 100, paid: 180n })
    expect(after(9)).toEqual({ secondsPaid: 10, paid: 0n })
  })

  test('a lease that ends early gives back what was held for later, but nothing that was paid', () => {
    const lease: LeaseMoney = { rate: 7_200n, heldSeconds: 100, secondsPaid: 10 }
    const after = (seconds: number) => {
      const { lease: left, refunded } = shorten(lease, seconds)
      return { heldSeconds: left.heldSeconds, refunded }
    }
    expect(after(60)).toEqual({ heldSeconds: 60, refunded: 80n })
    expect(after(9)).toEqual({ heldSeconds: 10, refunded: 180n })
    expect(after(101)).toEqual({ heldSeconds: 100, refunded: 0n })
  })

  test('owed never passes the deposit, both rise with time, and they differ by less than one unit', () => {
    fc.assert(
      fc.property(rates, seconds, seconds, (rate, a, b) => {
        const [less, more] = a < b ? [a, b] : [b, a]
        expect(owed(rate, less) <= owed(rate, more)).toBe(true)
        expect(deposit(rate, less) <= deposit(rate, more)).toBe(true)
        expect(deposit(rate, less) - owed(rate, less) <= 1n).toBe(true)
      }),
    )
  })

  test('a fee never passes 2 % nor what is paid', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 200n }), fc.integer({ min: 0, max: 200 }), (amount, bps) => {
        expect(feeOf(amount, bps) * 50n <= amount).toBe(true)
      }),
    )
  })

  test('whatever happens to a lease, what was paid, refunded and is held is what was deposited', () => {
    const step = fc.record({ kind: fc.constantFrom('pay' as const, 'shorten' as const), seconds })
    fc.assert(
      fc.property(rates, seconds, fc.array(step, { maxLength: 30 }), (rate, duration, steps) => {
        let lease: LeaseMoney = { rate, heldSeconds: duration, secondsPaid: 0 }
        let paid = 0n
        let refunded = 0n
        for (const { kind, seconds: asked } of steps) {
          const before = lease.secondsPaid
          if (kind === 'pay') {
            const result = pay(lease, asked)
            lease = result.lease
            paid += result.paid
          } else {
            const result = shorten(lease, asked)
            lease = result.lease
            refunded += result.refunded
          }
          expect(lease.secondsPaid).toBeGreaterThanOrEqual(before)
          expect(lease.secondsPaid).toBeLessThanOrEqual(lease.heldSeconds)
          expect(paid).toBe(owed(rate, lease.secondsPaid))
          expect(held(lease) >= 0n).toBe(true)
          expect(paid + refunded + held(lease)).toBe(deposit(rate, duration))
        }
      }),
    )
  })
})
