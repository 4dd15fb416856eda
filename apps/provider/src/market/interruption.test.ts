import { resourceId } from '@tender/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LeaseRecord } from '../leases/leaseRecord.ts'
import { address, bytes32, termsOf } from '../testKit.ts'
import { planInterruption, type Shortage } from './interruption.ts'

const shortage: Shortage = {
  order: { resource: resourceId('cu'), auctionEnd: 1_100 },
  units: 3,
  rate: 1_000n,
  asset: address(3),
  interruptAboveBps: 15_000,
  nowSeconds: 1_000,
}

function lease(id: number, units: number, perUnit: bigint): LeaseRecord {
  const chain = {
    start: 0,
    stop: 9_000,
    endsEarly: false,
    settledUntil: 0,
    secondsPaid: 0,
    startWindowSeconds: 60,
    maxSilenceSeconds: 0,
    byTime: true,
    resolved: false,
    released: false,
  }
  const terms = termsOf({ tier: 0, units, rate: perUnit * BigInt(units), noticeSeconds: 30 })
  return { version: 1, leaseId: bytes32(id), terms, phase: 'running', chain }
}

test('the cheapest are ended, and no more than it takes', () => {
  expect(planInterruption(shortage, [lease(1, 1, 30n), lease(2, 2, 10n), lease(3, 1, 20n)])).toEqual([
    bytes32(2),
    bytes32(3),
  ])
  // The larger one does alone.
  expect(planInterruption(shortage, [lease(1, 1, 5n), lease(2, 3, 10n)])).toEqual([bytes32(2)])
})

test('those that pay too much, or free too little, are left alone', () => {
  expect(planInterruption({ ...shortage, rate: 149n }, [lease(1, 4, 25n)])).toEqual([])
  expect(planInterruption({ ...shortage, rate: 150n }, [lease(1, 4, 25n)])).toEqual([bytes32(1)])
  expect(planInterruption(shortage, [lease(1, 2, 1n)])).toEqual([])
})

test('what is ended is always enough, worth it, and has none to spare', () => {
  const leases = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.bigInt(0n, 200n)), { maxLength: 8 })
  fc.assert(
    fc.property(leases, fc.integer({ min: 1, max: 12 }), fc.bigInt(0n, 5_000n), (drawn, units, rate) => {
      const known = drawn.map(([size, price], index) => lease(index + 1, size, price))
      const ended = planInterruption({ ...shortage, units, rate }, known)
      const chosen = known.filter(({ leaseId }) => ended.includes(leaseId))
      if (chosen.length === 0) return
      const freed = chosen.reduce((sum, { terms }) => sum + terms.units, 0)
      const lost = chosen.reduce((sum, { terms }) => sum + terms.rate, 0n)
      expect(freed).toBeGreaterThanOrEqual(units)
      expect(rate * 10_000n).toBeGreaterThanOrEqual(lost * 15_000n)
      for (const { terms } of chosen) expect(freed - terms.units).toBeLessThan(units)
    }),
  )
})
