import fc from 'fast-check'
import { type Hex, keccak256, numberToHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { reasonCodes } from '../tables.ts'
import { assignedMonitors } from './assign.ts'
import { encodeBatch, openBatch } from './canonicalBatch.ts'
import { encodeFacts, openFacts } from './canonicalFacts.ts'
import { emptyState, encodeState, openState } from './canonicalState.ts'
import { computeEra } from './computeEra.ts'
import { leaseMetric } from './metric.ts'
import {
  at,
  eraFacts,
  first,
  given,
  HOUR,
  leafOf,
  lease,
  leaseOf,
  MONITORS,
  next,
  STAKE,
  saw,
  seenAll,
  UNIT,
  USDC,
} from './testEra.ts'
import { leafTree } from './tree.ts'
import type { Batch, BatchView, EraFacts, EraLease, EraState } from './types.ts'

test('a lease that served all the time gets all of it, and nobody owes anything', () => {
  const result = first(eraFacts({ leases: [leaseOf(1)] }), seenAll([leaseOf(1)]))
  expect(leafOf(result, 'lease')).toEqual([{ kind: 'lease', lease: lease(1), served: HOUR }])
  expect(leafOf(result, 'credit')).toEqual([])
  expect(result.metrics).toMatchObject([{ dueSeconds: HOUR, servedSeconds: HOUR, upBps: 10_000, latencyMs: 20 }])
  expect(result.metrics[0]?.seenBy).toEqual(MONITORS.map(({ monitor }) => monitor))
})

test('below its promise it is paid for what it served, and its provider owes a share of the price of the era', () => {
  const one = leaseOf(1, { rate: 3_600_000n })
  const result = first(eraFacts({ leases: [one] }), seenAll([one], { upBps: 5_000 }))
  expect(leafOf(result, 'lease')).toEqual([{ kind: 'lease', lease: lease(1), served: HOUR / 2 }])
  // 3.6 USDC an hour, one stake token each; 20 % of it.
  const amount = (36n * STAKE) / 50n
  expect(leafOf(result, 'credit')).toEqual([
    { kind: 'credit', lease: lease(1), provider: 1n, tenant: one.tenant, amount },
  ])
})

test('seen by half of its monitors it is unobserved: served, and no blame', () => {
  const one = leaseOf(1)
  const result = first(eraFacts({ leases: [one] }), seenAll([one], { upBps: 0 }).slice(0, 2))
  expect(leafOf(result, 'lease')).toEqual([{ kind: 'lease', lease: lease(1), served: HOUR }])
  expect(result.metrics[0]).toMatchObject({ upBps: undefined, servedSeconds: HOUR })
  expect(result.metrics[0]?.seenBy).toEqual(MONITORS.slice(0, 2).map(({ monitor }) => monitor))
  expect(result.state.leases[0]).toMatchObject({ unobserved: HOUR, credit: 0n })
  expect(result.state.providers[0]).toMatchObject({ score: 0, inputs: undefined })
})

test('a monitor that could not see says nothing', () => {
  const one = leaseOf(1)
  const [a, b, c, d] = seenAll([one], { upBps: 9_000 })
  const blind = [a, b, c].flatMap((batch) => batch ?? [])
  const cut = { ...given(d), observations: [saw(one, { probes: 0, upBps: 0 })] }
  const result = first(eraFacts({ leases: [one] }), [...blind, cut])
  expect(result.metrics[0]).toMatchObject({ upBps: 9_000 })
  expect(result.metrics[0]?.seenBy).toHaveLength(3)
})

test('it has to serve from its start, or from the end of its start window if it does not say', () => {
  const one = leaseOf(1, { start: at(600), startWindow: 900 })
  const silent = first(eraFacts({ leases: [one] }), seenAll([one], { startedAt: 0 }))
  expect(silent.metrics[0]?.dueSeconds).toBe(HOUR - 1_500)
  const prompt = first(eraFacts({ leases: [one] }), seenAll([one], { startedAt: at(700) }))
  expect(prompt.metrics[0]?.dueSeconds).toBe(HOUR - 700)
  const early = first(eraFacts({ leases: [one] }), seenAll([one], { startedAt: at(1) }))
  expect(early.metrics[0]?.dueSeconds).toBe(HOUR - 600)
  const late = first(eraFacts({ leases: [one] }), seenAll([one], { startedAt: at(3_000) }))
  expect(late.metrics[0]?.dueSeconds).toBe(HOUR - 1_500)
})

test('a lease of the last block has no monitors yet, and is not blamed', () => {
  const one = leaseOf(1, { start: at(HOUR - 10), startWindow: 0, seed: `0x${'00'.repeat(32)}` })
  const result = first(eraFacts({ leases: [one] }), seenAll([one], { upBps: 0 }))
  expect(result.metrics[0]).toMatchObject({ assigned: [], servedSeconds: 10, upBps: undefined })
})

test('seconds add up over eras, until the first report that reaches the end', () => {
  const one = leaseOf(1, { stop: at(HOUR + 1_800) })
  const started = first(eraFacts({ leases: [one] }), seenAll([one], { upBps: 8_000 }))
  const ended = next(started, { leases: [one] }, seenAll([one]))
  expect(leafOf(ended, 'lease')).toEqual([{ kind: 'lease', lease: lease(1), served: 0.8 * HOUR + 1_800 }])
  expect(leafOf(ended, 'credit')).toHaveLength(1)
  const after = next(ended, { leases: [one] }, [])
  expect([...leafOf(after, 'lease'), ...leafOf(after, 'credit')]).toEqual([])
  expect(after.metrics).toEqual([])
  expect(after.state.leases).toHaveLength(1)
  for (const leases of [[], [one]]) expect(next(after, { leases }, []).state.leases).toEqual([])
  const forgotten = next(next(after, { leases: [] }, []), { leases: [{ ...one, fees: 5n }] }, seenAll([one]))
  expect(leafOf(forgotten, 'lease')).toEqual([])
  expect(forgotten.state.leases).toEqual([])
})

test('a lease that ended with the era before, and was not in its facts, is over', () => {
  const before = first(eraFacts({ leases: [] }), seenAll([]))
  const over = leaseOf(1, { stop: at(HOUR) })
  expect(next(before, { leases: [over] }, seenAll([over])).state.leases).toEqual([])
  const open = leaseOf(1, { stop: at(HOUR + 1) })
  expect(next(before, { leases: [open] }, seenAll([open])).state.leases).toHaveLength(1)
})

test('who was drawn for a lease that has nothing to serve yet loses no share by it', () => {
  const due = leaseOf(1, { fees: 1_000n })
  const rules = { ...eraFacts({}).rules, redundancy: 2 }
  const earned = (leases: EraLease[]) =>
    leafOf(first(eraFacts({ leases, rules }), seenAll(leases)), 'monitor').map(({ rewards }) => rewards)
  const alone = earned([due])
  for (let seed = 1; seed <= 8; seed++) {
    const pending = leaseOf(2, { start: at(HOUR - 100), startWindow: 900, seed: lease(seed) })
    const result = first(eraFacts({ leases: [due, pending], rules }), seenAll([due]))
    expect(result.metrics[1]).toMatchObject({ dueSeconds: 0, assigned: [expect.anything(), expect.anything()] })
    expect(leafOf(result, 'monitor').map(({ rewards }) => rewards)).toEqual(alone)
  }
})

test('facts that lack a lease which is not final are refused', () => {
  const one = leaseOf(1)
  const started = first(eraFacts({ leases: [one] }), seenAll([one]))
  expect(() => next(started, { leases: [] }, [])).toThrow(
    expect.objectContaining({ code: 'badEraInput', data: { lease: lease(1) } }),
  )
})

test.each<[string, Partial<EraFacts>]>([
  ['another era', { era: 3n }],
  ['a gap', { from: at(1) }],
  ['no time', { until: at(0) }],
])('refuses %s', (_, change) => {
  expect(() => first({ ...eraFacts({ leases: [] }), ...change }, [], { previous: emptyState(at(0)) })).toThrow(
    expect.objectContaining({ code: 'badEraInput' }),
  )
})

test('who vanished loses a share of the units’ stake, once', () => {
  const gone = leaseOf(1, { stop: at(1_000), endReason: reasonCodes.endedByMonitors, units: 3, tier: 1 })
  const capacity = [{ provider: 1n, resource: UNIT, committed: 10, leased: 3, stakePerUnit: STAKE }]
  const result = first(eraFacts({ leases: [gone], capacity }), seenAll([gone], { upBps: 2_000 }))
  expect(leafOf(result, 'provider')).toMatchObject([{ provider: 1n, slashed: (3n * STAKE) / 2n, score: 0 }])
  expect(next(result, { leases: [gone], capacity }, []).state.providers[0]?.slashed).toBe((3n * STAKE) / 2n)
})

test('fees are the monitors’, by weight and by how many leases each saw as the others did', () => {
  const leases = [leaseOf(1, { fees: 1_000n }), leaseOf(2)]
  const batches = seenAll(leases)
  const all = first(eraFacts({ leases }), batches)
  expect(leafOf(all, 'monitor').map(({ rewards }) => rewards)).toEqual([250n, 250n, 250n, 250n])
  const [liar, ...honest] = batches
  const lies = { ...given(liar), observations: leases.map((one) => saw(one, { upBps: 0 })) }
  const without = first(eraFacts({ leases }), [lies, ...honest])
  expect(without.metrics.map(({ upBps }) => upBps)).toEqual([10_000, 10_000])
  const rewards = without.state.monitors.map((record) => record.rewards[0]?.amount ?? 0n)
  expect(rewards[0]).toBe(0n)
  expect(rewards.reduce((sum, amount) => sum + amount, 0n)).toBe(1_000n)
})

test('who signs two batches says nothing and loses its stake', () => {
  const [liar, ...honest] = seenAll([leaseOf(1, { fees: 900n })])
  const { monitor } = given(liar)
  const result = first(eraFacts({ leases: [leaseOf(1, { fees: 900n })] }), honest, { equivocators: [monitor] })
  expect(leafOf(result, 'monitorSlash')).toEqual([{ kind: 'monitorSlash', monitor, slashed: 100n * STAKE }])
  expect(leafOf(result, 'monitor').map(({ rewards }) => rewards)).toEqual([300n, 300n, 300n])
  expect(() => first(eraFacts({ leases: [] }), [given(liar)], { equivocators: [monitor] })).toThrow('two batches')
})

test('a rating counts once, from most of the weight, after the end', () => {
  const over = leaseOf(1, { stop: at(1_800), rate: 3_600_000n })
  const open = leaseOf(2, { rate: 3_600_000n })
  const noSignature: Hex = `0x${'00'.repeat(65)}`
  const rated = (stars: number, of = over) => [
    { rating: { lease: of.lease, stars }, tenant: of.tenant, signature: noSignature },
  ]
  const leases = [over, open]
  const with_ = (stars: number, count: number) =>
    first(
      eraFacts({ leases }),
      seenAll(leases).map((batch, index) => (index < count ? { ...batch, ratings: rated(stars) } : batch)),
    )
  expect(with_(1, 3).state.leases[0]?.stars).toBe(1)
  const last = leaseOf(1, { stop: at(HOUR) })
  const ratedLast = seenAll([last]).map((batch) => ({ ...batch, ratings: rated(1) }))
  expect(first(eraFacts({ leases: [last] }), ratedLast).state.leases[0]?.stars).toBe(1)
  expect(with_(1, 2).state.leases[0]?.stars).toBe(0)
  expect(with_(1, 3).state.providers[0]?.inputs?.ratingBps).toBeLessThan(
    with_(5, 3).state.providers[0]?.inputs?.ratingBps ?? 0,
  )
  const early = seenAll(leases).map((batch) => ({ ...batch, ratings: rated(1, open) }))
  expect(first(eraFacts({ leases }), early).state.leases[1]?.stars).toBe(0)
  const later = next(
    with_(1, 2),
    { leases },
    seenAll([open]).map((batch) => ({ ...batch, ratings: rated(2) })),
  )
  expect(later.state.leases[0]?.stars).toBe(2)
  // Two stars for half an hour, four for the two hours of the other.
  expect(later.state.providers[0]?.inputs?.ratingBps).toBe(6_500)
  const again = next(
    with_(1, 3),
    { leases },
    seenAll([open]).map((batch) => ({ ...batch, ratings: rated(5) })),
  )
  expect(again.state.leases[0]?.stars).toBe(1)
})

test('idle units earn only if more than one monitor proved them', () => {
  const leases = [leaseOf(1, { fees: 10_000_000n, units: 5, provider: 1n })]
  const capacity = [1n, 2n].map((provider) => ({
    ...{ provider, resource: UNIT, committed: 10, leased: provider === 1n ? 5 : 0, stakePerUnit: STAKE },
  }))
  const facts = eraFacts({ leases, capacity })
  const check = { provider: 1n, resource: UNIT, at: at(5), units: 5, proven: 5 }
  const proven = (count: number) =>
    first(
      facts,
      seenAll(leases).map((batch, index) => (index < count ? { ...batch, capacity: [check] } : batch)),
    )
  expect(proven(2).state.providers[0]?.performance.availabilityBps).toBe(10_000)
  expect(proven(1).state.providers[0]?.performance.availabilityBps).toBeUndefined()
  // Who asked for nothing has no voice.
  const twoAsk = seenAll(leases).map((batch, index) => ({
    ...batch,
    capacity: [index < 2 ? check : { ...check, units: 0, proven: 0 }],
  }))
  expect(first(facts, twoAsk).state.providers[0]?.performance.availabilityBps).toBe(10_000)
  const alone = { ...facts, monitors: MONITORS.slice(0, 1) }
  const oneOf = (capacity: Batch['capacity']) =>
    first(alone, [{ ...given(seenAll(leases)[0]), capacity }]).state.providers[0]?.performance.availabilityBps
  expect([oneOf([check]), oneOf([])]).toEqual([10_000, undefined])
  const oneLies = first(
    facts,
    seenAll(leases).map((batch, index) => ({
      ...batch,
      capacity: index < 3 ? [{ ...check, proven: index === 0 ? 0 : 5 }] : [],
    })),
  )
  expect(oneLies.state.providers[0]?.performance.availabilityBps).toBe(10_000)
})

test('leases stay sorted, also where the facts have some that are over no more', () => {
  const [one, two, three] = [leaseOf(1, { stop: at(HOUR) }), leaseOf(2), leaseOf(3, { stop: at(HOUR) })]
  const before = first(eraFacts({ leases: [one, two, three] }), seenAll([one, two, three]))
  const after = next(before, { leases: [two] }, seenAll([two]))
  expect(after.state.leases.map((record) => record.lease)).toEqual([lease(1), lease(2), lease(3)])
})

test('leaseMetric says what the report said', () => {
  const facts = eraFacts({ leases: [leaseOf(1), leaseOf(2), leaseOf(3)] })
  const batches = seenAll(facts.leases, { upBps: 7_000 })
  expect(leaseMetric(facts, batches, lease(2), 0)).toEqual(first(facts, batches).metrics[1])
  for (const other of [0, 9]) expect(leaseMetric(facts, batches, lease(other), 0)).toBeUndefined()
})

test.each<[string, (batches: Batch[]) => Batch[]]>([
  ['in another order', (batches) => batches.toReversed()],
  ['twice', (batches) => [given(batches[0]), ...batches]],
  ['of another era', (batches) => batches.map((batch) => ({ ...batch, era: 2n }))],
  ['of somebody else', (batches) => [...batches, { ...given(batches[0]), monitor: `0x${'ff'.repeat(20)}` }]],
])('batches %s are refused', (_, change) => {
  const one = leaseOf(1)
  expect(() => first(eraFacts({ leases: [one] }), change(seenAll([one])))).toThrow(
    expect.objectContaining({ code: 'badEraInput' }),
  )
})

// Properties

const figures = fc.record({ upBps: fc.integer({ min: 0, max: 10_000 }), probes: fc.nat({ max: 3 }) })
/** What each of four monitors saw of each of five leases. */
const views = fc.array(fc.array(figures, { minLength: 5, maxLength: 5 }), { minLength: 4, maxLength: 4 })
const fiveLeases = [1, 2, 3, 4, 5].map((index) =>
  leaseOf(index, { stop: at(HOUR * index), provider: BigInt(index % 2) }),
)

function batchesOf(view: readonly (readonly { upBps: number; probes: number }[])[], era = 1n): Batch[] {
  return MONITORS.map(({ monitor }, index) => ({
    ...{ monitor, era, capacity: [], ratings: [] },
    observations: fiveLeases.map((one, place) => saw(one, view[index]?.[place] ?? {})),
  }))
}

test('seconds served never fall and never pass the time, and a budget is never passed', () => {
  fc.assert(
    fc.property(fc.array(views, { minLength: 1, maxLength: 5 }), (eras) => {
      let state: EraState = emptyState(at(0))
      for (const view of eras) {
        const era = state.era + 1n
        const from = state.coveredUntil
        const facts = eraFacts({ era, from, until: from + HOUR, leases: fiveLeases })
        const result = computeEra({
          previous: state,
          facts,
          batches: batchesOf(view, era),
          equivocators: [],
          recounts: [],
        })
        const before = new Map(state.leases.map((record) => [record.lease, record]))
        for (const { lease: id, served, credit } of result.state.leases) {
          const one = fiveLeases.find((other) => other.lease === id)
          expect(served).toBeGreaterThanOrEqual(before.get(id)?.served ?? 0)
          expect(credit).toBeGreaterThanOrEqual(before.get(id)?.credit ?? 0n)
          expect(served).toBeLessThanOrEqual(Math.min(one?.stop ?? 0, facts.until) - (one?.start ?? 0))
        }
        const rewards = (providers: EraState['providers']) => providers.reduce((sum, one) => sum + one.rewards, 0n)
        expect(rewards(result.state.providers) - rewards(state.providers)).toBeLessThanOrEqual(
          facts.rules.providerBudget,
        )
        state = result.state
      }
    }),
    { numRuns: 40 },
  )
})

test('one liar of four never moves a median out of what the honest saw', () => {
  const bps = fc.integer({ min: 0, max: 10_000 })
  fc.assert(
    fc.property(fc.tuple(bps, bps, bps), bps, fc.nat({ max: 3 }), fc.nat({ max: 2 }), (honest, lie, place, probes) => {
      const figuresOf = (index: number) =>
        index === place ? { upBps: lie, probes } : { upBps: honest[index > place ? index - 1 : index] ?? 0, probes: 1 }
      const one = leaseOf(1)
      const batches = MONITORS.map(({ monitor }, index) => ({
        ...{ monitor, era: 1n, capacity: [], ratings: [], observations: [saw(one, figuresOf(index))] },
      }))
      const upBps = first(eraFacts({ leases: [one] }), batches).metrics[0]?.upBps ?? -1
      expect(upBps).toBeGreaterThanOrEqual(Math.min(...honest))
      expect(upBps).toBeLessThanOrEqual(Math.max(...honest))
    }),
  )
})

test('packed or not, the report is the same', () => {
  fc.assert(
    fc.property(views, (view) => {
      const facts = eraFacts({ leases: fiveLeases })
      const batches = batchesOf(view)
      const plain = first(facts, batches)
      const packed = computeEra({
        ...{ previous: openState(encodeState(emptyState(at(0)))), facts: openFacts(encodeFacts(facts)) },
        ...{ batches: batches.map((batch) => openBatch(encodeBatch(batch))), equivocators: [], recounts: [] },
      })
      expect(packed).toEqual(plain)
      expect(keccak256(encodeState(packed.state))).toBe(keccak256(encodeState(plain.state)))
    }),
    { numRuns: 30 },
  )
})

test('what a monitor says of leases that it was not drawn for changes nothing', () => {
  const monitors = Array.from({ length: 12 }, (_, index) => ({
    monitor: numberToHex(index + 1, { size: 20 }),
    weight: 1,
  }))
  const facts = eraFacts({ leases: fiveLeases, monitors, rules: { ...eraFacts({}).rules, redundancy: 3 } })
  const silent = monitors.map(
    ({ monitor }): Batch => ({ monitor, era: 1n, observations: [], capacity: [], ratings: [] }),
  )
  const drawn = first(facts, silent).metrics.map(({ assigned }) => assigned)
  expect(drawn.every((assigned) => assigned.length === 3)).toBe(true)
  const batches = (others: number) =>
    silent.map((batch) => ({
      ...batch,
      observations: fiveLeases.flatMap((one, index) => {
        const upBps = drawn[index]?.includes(batch.monitor) ? 9_000 : others
        return upBps < 0 ? [] : [saw(one, { upBps })]
      }),
    }))
  const honest = first(facts, batches(-1))
  expect(honest.metrics.map(({ upBps }) => upBps)).toEqual([9_000, 9_000, 9_000, 9_000, 9_000])
  expect(leafTree(first(facts, batches(0)).leaves).root).toBe(leafTree(honest.leaves).root)
})

test('a lease is drawn for by its seed, as whoever asks for it alone draws', () => {
  const monitors = Array.from({ length: 12 }, (_, index) => ({
    monitor: numberToHex(index + 1, { size: 20 }),
    weight: 1,
  }))
  const rules = { ...eraFacts({}).rules, redundancy: 3 }
  const drawn = [1, 2, 3, 4].map((seed) => {
    const one = leaseOf(1, { seed: lease(seed) })
    const assigned = first(eraFacts({ leases: [one], monitors, rules }), []).metrics[0]?.assigned
    expect(assigned).toEqual(assignedMonitors(one.seed, one.lease, monitors, 3).toSorted())
    return String(assigned)
  })
  expect(new Set(drawn).size).toBeGreaterThan(1)
})

describe.each<[string, (batch: Batch) => BatchView]>([
  ['as it was written', (batch) => batch],
  ['packed', (batch) => openBatch(encodeBatch(batch))],
])('a batch, %s', (_, form) => {
  const compute = (facts: EraFacts, batches: Batch[]) =>
    computeEra({
      ...{ previous: emptyState(facts.from), facts, batches: batches.map(form) },
      ...{ equivocators: [], recounts: [] },
    })

  test('is heard about all that it has, whichever leases it lacks', () => {
    const leases = [1, 2, 3, 4].map((index) => leaseOf(index))
    const has = (kept: readonly number[]) => seenAll(leases.filter((__, index) => kept.includes(index)))
    for (const kept of [[1, 2, 3], [0, 2], [3], [0], [0, 3], []]) {
      const seen = compute(eraFacts({ leases }), has(kept)).metrics.map(({ seenBy }) => seenBy.length)
      expect(seen).toEqual([0, 1, 2, 3].map((index) => (kept.includes(index) ? MONITORS.length : 0)))
    }
  })

  test('may tell of a time after 2106', () => {
    const from = 2 ** 32 + 1_000
    const one = leaseOf(1, { start: from, stop: from + 10 * HOUR, end: from + 10 * HOUR, startWindow: 900 })
    const facts = eraFacts({ leases: [one], from, until: from + HOUR })
    expect(compute(facts, seenAll([one], { startedAt: from + 600 })).metrics[0]?.dueSeconds).toBe(HOUR - 600)
  })
})

test('leaves of a provider lie together: its own, its leases, its credits', () => {
  const leases = [leaseOf(1, { provider: 2n }), leaseOf(2, { provider: 1n }), leaseOf(3, { provider: 2n })]
  const result = first(eraFacts({ leases }), seenAll(leases, { upBps: 1_000 }))
  const kinds = result.leaves.map((leaf) => ('provider' in leaf ? `${leaf.kind} ${leaf.provider}` : leaf.kind))
  expect(kinds).toEqual([
    ...['provider 1', 'lease', 'credit 1'],
    ...['provider 2', 'lease', 'lease', 'credit 2', 'credit 2'],
  ])
})

test('amounts of an asset without a rate count for nothing', () => {
  const one = leaseOf(1, { fees: 10n, rate: 3_600_000n })
  const facts = eraFacts({ leases: [one], rules: { ...eraFacts({}).rules, rates: [] } })
  const result = first(facts, seenAll([one], { upBps: 0 }))
  expect(leafOf(result, 'credit')).toEqual([])
  expect(leafOf(result, 'provider')).toMatchObject([{ score: 0, rewards: 0n }])
  expect(leafOf(result, 'monitor')[0]).toMatchObject({ asset: USDC })
})
