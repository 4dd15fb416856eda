import { numberToHex } from 'viem'
import { expect, test } from 'vitest'
import { eraFacts, first, given, leafOf, leaseOf, MONITORS, saw, seenAll } from './testEra.ts'
import type { Batch, EraResult, Observation } from './types.ts'

const one = leaseOf(1, { fees: 1_200n })

/** A report on one lease that these monitors saw so. */
function judged(...seen: Partial<Observation>[]): EraResult {
  const monitors = MONITORS.slice(0, seen.length)
  const batches = seenAll([one]).slice(0, seen.length)
  const observed = batches.map((batch, index): Batch => ({ ...batch, observations: [saw(one, given(seen[index]))] }))
  return first(eraFacts({ leases: [one], monitors }), observed)
}

const rewardsOf = (result: EraResult) => leafOf(result, 'monitor').map(({ rewards }) => rewards)

test('who got no good answer says nothing about response times', () => {
  const none = { latencyMs: 0, spreadMs: 0 }
  expect(judged(none, none, { latencyMs: 30, spreadMs: 7 }).metrics).toMatchObject([{ latencyMs: 30, spreadMs: 7 }])
})

test('a monitor within 2,500 basis points of the median was near it', () => {
  expect(rewardsOf(judged({ upBps: 7_500 }, {}, {}))).toEqual([400n, 400n, 400n])
  expect(rewardsOf(judged({ upBps: 7_499 }, {}, {}))).toEqual([600n, 600n])
})

test('seen by too few it has no median, and who saw it was near', () => {
  const monitors = Array.from({ length: 8 }, (_, index) => ({
    monitor: numberToHex(index + 1, { size: 20 }),
    weight: 1,
  }))
  const facts = eraFacts({ leases: [one], monitors, rules: { ...eraFacts({}).rules, redundancy: 8 } })
  expect(rewardsOf(first(facts, seenAll([one])))).toEqual([300n, 300n, 300n, 300n])
})

test('of two nobody can say who is off', () => {
  expect(rewardsOf(judged({ upBps: 0 }, {}))).toEqual([600n, 600n])
})
