import { expect, test } from 'vitest'
import { closePreview, costSoFar, extendCost, type LeaseMoneyTerms, reportedUptimeBps } from './leaseMoney.ts'

const lease: LeaseMoneyTerms = {
  rate: 3_600n,
  start: 1_000,
  end: 4_600,
  stop: 4_600,
  minSeconds: 60,
  secondsPaid: 0,
  resolved: false,
  paid: 0n,
}

test('cost ticks by the second, never before the start, never past the stop', () => {
  expect(costSoFar(lease, 1_010)).toBe(10n)
  expect(costSoFar(lease, 900)).toBe(0n)
  expect(costSoFar(lease, 99_999)).toBe(3_600n)
  expect(costSoFar({ ...lease, resolved: true, paid: 7n }, 99_999)).toBe(7n)
  expect(costSoFar({ ...lease, stop: null }, 1_010)).toBe(lease.paid)
})

test('closing brings back what is after now, or after the least time that is charged', () => {
  expect(closePreview(lease, 1_600)).toEqual({ stopsAt: 1_600, refunded: 3_000n, stays: 600n })
  expect(closePreview(lease, 1_010)).toEqual({ stopsAt: 1_060, refunded: 3_540n, stays: 60n })
  expect(closePreview(lease, 9_999)).toEqual({ stopsAt: 4_600, refunded: 0n, stays: 3_600n })
  expect(closePreview({ ...lease, secondsPaid: 500 }, 1_600)).toEqual({ stopsAt: 1_600, refunded: 3_000n, stays: 100n })
})

test('what comes back and what stays is what was paid in, to the smallest unit', () => {
  const odd = { ...lease, rate: 7n, end: 4_599 }
  for (const now of [1_001, 1_333, 2_000, 4_598]) {
    const { refunded, stays } = closePreview(odd, now)
    expect(refunded + stays).toBe(7n)
  }
})

test('extending costs the difference of the deposits', () => {
  expect(extendCost(lease, 8_200)).toBe(3_600n)
})

test('uptime is of the time that reports cover', () => {
  expect(reportedUptimeBps(lease, undefined)).toBeUndefined()
  expect(reportedUptimeBps(lease, { served: 95, coveredUntil: 1_100 })).toBe(9_500)
  expect(reportedUptimeBps(lease, { served: 0, coveredUntil: 900 })).toBeUndefined()
})
