import { expect, test } from 'vitest'
import { readTypedAmount, typedAmountText } from './writtenAmount.ts'

const usdc = { symbol: 'USDC', decimals: 6 }

test('reads what people type, exactly', () => {
  expect(readTypedAmount('1.5', usdc)).toEqual({ amount: 1_500_000n })
  expect(readTypedAmount(' 12 ', usdc)).toEqual({ amount: 12_000_000n })
  expect(readTypedAmount('0,000001', usdc)).toEqual({ amount: 1n })
  expect(readTypedAmount('.5', usdc)).toEqual({ amount: 500_000n })
  expect(readTypedAmount('1.5000000000', usdc)).toEqual({ amount: 1_500_000n })
})

test('says what is wrong', () => {
  for (const text of ['', '.', 'abc', '1e3', '-1', '1 000']) expect(readTypedAmount(text, usdc)).toHaveProperty('error')
  expect(readTypedAmount('0.0000001', usdc)).toEqual({ error: 'USDC has 6 decimals at most.' })
  expect(readTypedAmount('0', usdc)).toHaveProperty('error')
})

test('writes what it reads', () => {
  for (const amount of [1n, 10n, 1_500_000n, 123_456_789n]) {
    expect(readTypedAmount(typedAmountText(amount, 6), usdc)).toEqual({ amount })
  }
})
