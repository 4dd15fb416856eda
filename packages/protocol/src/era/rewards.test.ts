import fc from 'fast-check'
import { expect, test } from 'vitest'
import { creditOf, priceInStake } from './credits.ts'
import { monitorRewards, mostRewardOf, providerRewards } from './rewards.ts'

const amount = fc.bigInt({ min: 0n, max: 10n ** 24n })
const score = fc.integer({ min: 0, max: 10_000 })
const entry = fc.record({ provider: fc.bigInt({ min: 1n, max: 99n }), fees: amount, idleWeight: amount, score })
const entries = fc.array(entry, { maxLength: 12 })
const rules = fc.record({
  providerBudget: amount,
  feeFactorBps: fc.integer({ min: 0, max: 60_000 }),
  idleFactorBps: fc.integer({ min: 0, max: 60_000 }),
  mostOfFeesBps: fc.integer({ min: 0, max: 9_999 }),
})
const sumOf = (amounts: readonly bigint[]) => amounts.reduce((sum, one) => sum + one, 0n)

test('rewards never pass the budget, nor anybody its ceiling', () => {
  fc.assert(
    fc.property(entries, rules, (given, by) => {
      const rewards = providerRewards(given, by)
      expect(rewards).toHaveLength(given.length)
      expect(sumOf(rewards) <= by.providerBudget).toBe(true)
      for (const [index, one] of given.entries()) {
        const reward = rewards[index] ?? -1n
        expect(reward >= 0n && reward <= mostRewardOf(one, by.mostOfFeesBps)).toBe(true)
        if (reward > 0n) expect(reward < one.fees).toBe(true)
      }
    }),
  )
})

test('the budget is spent, but for what nobody may have', () => {
  fc.assert(
    fc.property(entries, rules, (given, by) => {
      const rewards = providerRewards(given, by)
      const wants = given.some((one, index) => {
        const weighs = one.fees * BigInt(by.feeFactorBps) + one.idleWeight * BigInt(by.idleFactorBps) > 0n
        return weighs && one.score >= 4_000 && (rewards[index] ?? 0n) < mostRewardOf(one, by.mostOfFeesBps)
      })
      if (wants) expect(sumOf(rewards)).toBe(by.providerBudget)
    }),
  )
})

test('who comes first in the list gets nothing for it', () => {
  fc.assert(
    fc.property(entries, rules, (given, by) => {
      const forwards = providerRewards(given, by)
      const backwards = providerRewards(given.toReversed(), by).reverse()
      // Only the remainders of divisions may lie elsewhere.
      const least = BigInt(given.length)
      for (const [index, reward] of forwards.entries()) {
        const other = backwards[index] ?? -1n
        expect(reward - other <= least && other - reward <= least).toBe(true)
      }
    }),
  )
})

test('a ceiling is the sum of what each lease would allow alone: no lease lifts another', () => {
  const lease = fc.record({
    fees: fc.bigInt({ min: 1n, max: 10n ** 20n }),
    score: fc.integer({ min: 4_000, max: 10_000 }),
  })
  fc.assert(
    fc.property(fc.array(lease, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 9_999 }), (leases, bps) => {
      const fees = sumOf(leases.map((one) => one.fees))
      const mean = Number(sumOf(leases.map((one) => one.fees * BigInt(one.score))) / fees)
      const alone = sumOf(leases.map((one) => mostRewardOf(one, bps)))
      expect(mostRewardOf({ fees, score: mean }, bps) <= alone + BigInt(leases.length)).toBe(true)
    }),
  )
})

test('monitors share every unit of the fees, in proportion, and only those that count', () => {
  const monitor = fc
    .record({
      monitor: fc.constant<`0x${string}`>('0x00'),
      weight: fc.integer({ min: 1, max: 4_294_967_295 }),
      included: fc.boolean(),
      assigned: fc.integer({ min: 0, max: 100 }),
      missed: fc.integer({ min: 0, max: 100 }),
    })
    .map(({ missed, ...rest }) => ({ ...rest, agreed: Math.max(0, rest.assigned - missed) }))
  fc.assert(
    fc.property(
      fc.array(monitor, { minLength: 1, maxLength: 20 }),
      fc.array(amount, { maxLength: 3 }),
      (all, amounts) => {
        const fees = amounts.map((one) => ({ asset: '0x00' as const, amount: one }))
        const rewards = monitorRewards(fees, all)
        for (const [of, { amount: fee }] of fees.entries()) {
          expect(sumOf(rewards.map((mine) => mine[of]?.amount ?? 0n))).toBe(fee)
        }
        const counts = all.map(({ included, assigned, agreed }) => included && (assigned === 0 || agreed > 0))
        if (!counts.includes(true)) return
        for (const [index, mine] of rewards.entries()) {
          if (!counts[index]) expect(sumOf(mine.map((one) => one.amount))).toBe(0n)
        }
      },
    ),
  )
})

test('a credit is never more than the price of the time', () => {
  const bps = fc.integer({ min: 0, max: 10_000 })
  const rate = fc.bigInt({ min: 0n, max: 2n ** 128n })
  const seconds = fc.integer({ min: 0, max: 10 ** 9 })
  fc.assert(
    fc.property(rate, seconds, amount, bps, bps, bps, (price, dueSeconds, assetRate, upBps, promisedBps, creditBps) => {
      const credit = creditOf({ rate: price, dueSeconds, upBps, promisedBps, creditBps, assetRate })
      expect(credit <= priceInStake({ rate: price, seconds: dueSeconds, assetRate })).toBe(true)
      if (upBps >= promisedBps) expect(credit).toBe(0n)
    }),
  )
})
