import { zeroAddress } from 'viem'
import { expect, test } from 'vitest'
import { reasonText } from './reasonText.ts'

const asset = { address: zeroAddress, symbol: 'USDC', name: 'Dollar', decimals: 6 }

test.each([
  [
    { rule: 'priceTooHigh', message: 'too dear', asked: '1000', possible: '24000' },
    'too dear (asked 0.001 USDC/h, possible 0.024 USDC/h)',
  ],
  [{ rule: 'priceTooHigh', message: 'too dear', asked: 'much' }, 'too dear (asked much)'],
  [{ rule: 'units', message: 'too few', asked: '8', possible: '2' }, 'too few (asked 8, possible 2)'],
  [{ rule: 'driver', message: 'it has no wasm driver' }, 'it has no wasm driver'],
])('%j', (reason, text) => {
  expect(reasonText(reason, asset)).toBe(text)
})
