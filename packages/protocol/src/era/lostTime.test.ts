import fc from 'fast-check'
import { expect, test } from 'vitest'
import { reasonCodes } from '../tables.ts'
import { emptyState } from './canonicalState.ts'
import { computeEra } from './computeEra.ts'
import { newProvider } from './reputation.ts'
import { at, eraFacts, HOUR, leaseOf, STAKE, seenAll } from './testEra.ts'
import type { Batch, EraLease, EraResult, EraState } from './types.ts'

// Leases that their providers left in the lurch. All cost a stake token an hour, and a credit is a fifth of the price.

const { abandoned, endedByMonitors, closedByTenant } = reasonCodes
const CREDIT_OF_AN_HOUR = STAKE / 5n

const trusted = {
  ...{ ...newProvider, provider: 1n, score: 8_000, rewards: 0n, slashed: 0n, recentUptimeBps: [9_990, 9_995] },
  inputs: { uptimeBps: 9_990, performanceBps: 10_000, completedBps: 9_000, ratingBps: 8_000, consistencyBps: 2_000 },
}

function eraOf(
  leases: readonly EraLease[],
  batches: readonly Batch[],
  previous: EraState = { ...emptyState(at(0)), providers: [trusted] },
): EraResult {
  const era = previous.era + 1n
  const from = previous.coveredUntil
  const facts = eraFacts({ era, from, until: from + HOUR, leases })
  return computeEra({
    ...{ previous, facts, batches: batches.map((batch) => ({ ...batch, era })) },
    ...{ equivocators: [], recounts: [] },
  })
}

const scoreAfter = ({ state }: EraResult) => state.providers[0]?.score ?? 0

test('what the monitors ended is paid until its stop, and owed for until it was to end', () => {
  const gone = leaseOf(1, { stop: at(900), endReason: endedByMonitors })
  const result = eraOf([gone], seenAll([gone]))
  expect(result.metrics).toMatchObject([{ dueSeconds: 900, servedSeconds: 900, lostSeconds: HOUR - 900 }])
  expect(result.state.leases).toMatchObject([{ served: 900, credit: CREDIT_OF_AN_HOUR, finalEra: 1n }])
  expect(result.state.providers[0]?.inputs).toMatchObject({ uptimeBps: 0, performanceBps: 0, completedBps: 0 })
  const down = leaseOf(1)
  const stayed = eraOf([down], seenAll([down], { upBps: 2_500 }))
  expect(stayed.state.leases).toMatchObject([{ served: 900, credit: CREDIT_OF_AN_HOUR }])
  expect(scoreAfter(result)).toBeLessThan(scoreAfter(stayed))
})

test('nothing is lost after the planned end', () => {
  const gone = leaseOf(1, { stop: at(900), end: at(1_800), endReason: endedByMonitors })
  const result = eraOf([gone], seenAll([gone]))
  expect(result.metrics).toMatchObject([{ dueSeconds: 900, lostSeconds: 900 }])
  expect(result.state.leases).toMatchObject([{ served: 900, credit: CREDIT_OF_AN_HOUR / 2n }])
})

test('gone for a moment at the very end it kept its promise, yet the score falls', () => {
  const gone = leaseOf(1, { stop: at(HOUR - 10), endReason: endedByMonitors })
  const result = eraOf([gone], seenAll([gone]))
  expect(result.state.leases).toMatchObject([{ served: HOUR - 10, credit: 0n }])
  expect(scoreAfter(result)).toBeLessThan(trusted.score)
})

test('an end that is learnt an era later leaves what was paid; the era that learns it carries credit and fall', () => {
  const running = leaseOf(1)
  const before = eraOf([running], seenAll([running]))
  const gone = leaseOf(1, { stop: at(HOUR - 60), end: running.end, endReason: endedByMonitors })
  const after = eraOf([gone], [], before.state)
  expect(after.metrics).toMatchObject([{ dueSeconds: 0, lostSeconds: HOUR }])
  expect(after.state.leases).toMatchObject([{ served: HOUR, credit: CREDIT_OF_AN_HOUR, finalEra: 2n }])
  expect(scoreAfter(after)).toBeLessThan(scoreAfter(before))
  const later = eraOf([gone], [], after.state)
  expect(later.state.leases).toEqual(after.state.leases)
  expect(scoreAfter(later)).toBe(scoreAfter(after))
})

test('ended with its last second it lost nothing: what was seen counts, not what whole seconds make of it', () => {
  const gone = leaseOf(1, { stop: at(7), end: at(7), endReason: endedByMonitors })
  expect(eraOf([gone], seenAll([gone], { upBps: 9_950 })).state.leases).toMatchObject([{ served: 6, credit: 0n }])
})

test('what failed weighs an hour more than it served, against what was paid for the rest', () => {
  const gone = leaseOf(1, { stop: at(1_800), end: at(HOUR), endReason: endedByMonitors })
  const completed = leaseOf(2, { stop: at(HOUR) })
  const { state } = eraOf([gone, completed], seenAll([gone, completed]))
  expect(state.providers[0]?.inputs?.completedBps).toBe(4_000)
})

test('it is owed for even if nobody saw how it served before', () => {
  const gone = leaseOf(1, { stop: at(900), endReason: endedByMonitors })
  const result = eraOf([gone], [])
  expect(result.state.leases).toMatchObject([{ served: 900, unobserved: 900, credit: CREDIT_OF_AN_HOUR }])
  expect(scoreAfter(result)).toBeLessThan(trusted.score)
})

test('who abandons pays on chain and owes no credit besides, but the score falls alike', () => {
  const gone = leaseOf(1, { stop: at(900), endReason: endedByMonitors })
  const left = { ...gone, endReason: abandoned }
  const result = eraOf([left], seenAll([left]))
  expect(result.state.leases).toMatchObject([{ served: 900, credit: 0n }])
  expect(scoreAfter(result)).toBe(scoreAfter(eraOf([gone], seenAll([gone]))))
})

test('what its tenant closed, or was left before it had to serve, loses nothing', () => {
  const closed = leaseOf(1, { stop: at(900), endReason: closedByTenant })
  const unstarted = leaseOf(2, { startWindow: 1_200, stop: at(900), endReason: abandoned })
  const result = eraOf([closed, unstarted], seenAll([closed, unstarted]))
  expect(result.metrics.map(({ lostSeconds }) => lostSeconds)).toEqual([0, 0])
  expect(result.state.providers[0]?.inputs).toMatchObject({ uptimeBps: 10_000 })
})

const bps = fc.integer({ min: 0, max: 10_000 })
const failure = fc
  .record({ end: fc.integer({ min: 2, max: 3 * HOUR }), stop: fc.integer({ min: 1, max: HOUR - 1 }) })
  .filter(({ end, stop }) => stop < end)

test('vanishing never costs less than being down for the same time', () => {
  fc.assert(
    fc.property(failure, bps, bps, bps, fc.array(bps, { maxLength: 16 }), fc.bigInt(1n, 1_000n), (times, ...rest) => {
      const [upBps, otherBps, promisedBps, recentUptimeBps, rate] = rest
      const { stop, end } = times
      const previous = { ...emptyState(at(0)), providers: [{ ...trusted, recentUptimeBps }] }
      const terms = { fees: 1_000n, uptimeBps: promisedBps }
      const other = leaseOf(2, { rate: rate * 10_000n })
      const judged = (one: EraLease, upBps: number) => {
        const [batches, others] = [seenAll([one], { upBps }), seenAll([other], { upBps: otherBps })]
        const both = batches.map((batch, index) => {
          return { ...batch, observations: [...batch.observations, ...(others[index]?.observations ?? [])] }
        })
        return eraOf([one, other], both, previous)
      }
      const gone = judged(leaseOf(1, { ...terms, stop: at(stop), end: at(end), endReason: endedByMonitors }), upBps)
      const upInAll = Math.floor((upBps * stop) / Math.min(end, HOUR))
      const down = judged(leaseOf(1, { ...terms, stop: at(end), end: at(end) }), upInAll)
      expect(scoreAfter(gone)).toBeLessThanOrEqual(scoreAfter(down))
      expect(gone.state.leases[0]?.credit ?? 0n).toBeGreaterThanOrEqual(down.state.leases[0]?.credit ?? 0n)
      const served = gone.state.leases[0]?.served ?? 0
      expect(served).toBe(Math.floor((stop * upBps) / 10_000))
      // What served the same, served the same: but for the rounding of the share, less than a basis point.
      expect(Math.abs(served - (down.state.leases[0]?.served ?? 0))).toBeLessThanOrEqual(1)
    }),
  )
})
