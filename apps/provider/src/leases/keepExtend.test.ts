import { deposit } from '@tender/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytes32, termsOf } from '../testKit.ts'
import { checkExtend, extendFacts } from './keepExtend.ts'
import type { LeaseRecord } from './leaseRecord.ts'

const chain = {
  start: 1_000,
  stop: 2_000,
  endsEarly: false,
  settledUntil: 1_000,
  secondsPaid: 0,
  startWindowSeconds: 60,
  maxSilenceSeconds: 0,
  byTime: true,
  resolved: false,
  released: false,
}
const record: LeaseRecord = { version: 1, leaseId: bytes32(9), terms: termsOf(), phase: 'running', chain }
const signature = `0x${'11'.repeat(65)}` as const
const permission = { lease: bytes32(9), latestEnd: 5_000, maxAmount: 10n ** 9n, expiry: 4_000 }
const kept = (change: Partial<typeof permission> = {}) => ({
  permission: { ...permission, ...change },
  signature,
  runwaySeconds: 600,
})

test('a permission that is of use is kept, and says how far it reaches', () => {
  expect(checkExtend(record, kept(), 1_500)).toBeUndefined()
  expect(extendFacts({ ...record, extend: kept() }, 1_500)).toEqual({ runwaySeconds: 600, ceiling: 5_000 })
  // One unit a second: 900 of them reach 900 seconds past the start.
  expect(extendFacts({ ...record, extend: kept({ maxAmount: 1_200n }) }, 1_500)?.ceiling).toBe(2_200)
  expect(extendFacts({ ...record, extend: kept({ latestEnd: 20_000 }) }, 1_500)?.ceiling).toBe(10_000)
})

test.each([
  ['extendExpired', record, { expiry: 1_500 }],
  ['extendTooShort', record, { latestEnd: 2_000 }],
  ['extendTooShort', record, { maxAmount: 1_000n }],
  ['alreadyEnding', { ...record, chain: { ...chain, endsEarly: true } }, {}],
  ['alreadyEnding', { ...record, chain: { ...chain, stop: 1_500 } }, {}],
])('one that is of none is refused: %s', (code, lease, change) => {
  expect(() => checkExtend(lease, kept(change), 1_500)).toThrow(expect.objectContaining({ code }))
})

test('one that has expired is used no more', () => {
  expect(extendFacts({ ...record, extend: kept() }, 4_000)).toBeUndefined()
  expect(extendFacts(record, 1_500)).toBeUndefined()
})

test('whatever the rate, the ceiling is the last second that the money pays for', () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 10n ** 20n), fc.bigInt(1n, 10n ** 20n), (rate, maxAmount) => {
      const lease = {
        ...record,
        terms: termsOf({ rate, latestEnd: 10 ** 9 }),
        extend: kept({ maxAmount, latestEnd: 10 ** 9 }),
      }
      const ceiling = extendFacts(lease, 1_500)?.ceiling ?? expect.fail()
      expect(deposit(rate, ceiling - 1_000)).toBeLessThanOrEqual(maxAmount)
      if (ceiling < 10 ** 9) expect(deposit(rate, ceiling - 999)).toBeGreaterThan(maxAmount)
    }),
  )
})
