import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { amountText, exactAmountText } from './amount.ts'

const usdc = { symbol: 'USDC', decimals: 6 }

describe('amountText', () => {
  test.each([
    [0n, 6, '0.00'],
    [1_500_000n, 6, '1.50'],
    [19_512n, 6, '0.01951'],
    [19_000n, 6, '0.019'],
    [1n, 6, '0.000001'],
    [1n, 18, '0.000000000000000001'],
    [1_234_567_890_000n, 6, '1,234,567.89'],
    [123_456n, 4, '12.34'],
    [1_999_999n, 6, '1.999'],
    [-2_500_000n, 6, '−2.50'],
    [42n, 0, '42'],
  ])('%s with %s decimals is %s', (amount, decimals, text) => {
    expect(amountText(amount, decimals)).toBe(text)
  })

  test('never says more than there is', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 24n), fc.integer({ min: 0, max: 18 }), (amount, decimals) => {
        const [whole = '', fraction = ''] = amountText(amount, decimals).replaceAll(',', '').split('.')
        const shown = BigInt(whole + fraction.padEnd(decimals, '0').slice(0, decimals))
        expect(shown <= amount).toBe(true)
        // Nothing that is something is shown as nothing, and what is hidden is small: of the amount, or of a whole token.
        expect(shown > 0n).toBe(amount > 0n)
        const hidden = amount - shown
        expect(hidden * 1_000n <= amount || hidden * 1_000_000n < 10n ** BigInt(decimals)).toBe(true)
      }),
    )
  })
})

test('exactAmountText keeps every digit', () => {
  expect(exactAmountText(19_512n, usdc)).toBe('0.019512 USDC')
  expect(exactAmountText(1_500_000n, usdc)).toBe('1.5 USDC')
  expect(exactAmountText(3n, { symbol: 'X', decimals: 0 })).toBe('3 X')
})
