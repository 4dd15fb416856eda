import type { Address } from 'viem'
import { expect, test } from 'vitest'
import { corrected } from './recounts.ts'
import { at, eraFacts, first, given, HOUR, leafOf, lease, leaseOf, next, STAKE, seenAll } from './testEra.ts'
import type { Batch, EraFacts } from './types.ts'

const disputed = leaseOf(1, { rate: 3_600_000n })
const [silentOne, ...spoke] = seenAll([disputed], { upBps: 4_000 })
const reported = first(eraFacts({ leases: [disputed] }), spoke.slice(0, 2))
const dispute = { dispute: 7n, lease: disputed.lease, era: 1n }
const recount = (batches: readonly Batch[], metric = reported.metrics[0]) => ({
  recounts: [{ dispute, facts: eraFacts({ leases: [disputed] }), batches, metric }],
})
const all = [given(silentOne), ...spoke]

test('a recount with batches that came late corrects seconds and credit, once', () => {
  const facts = { leases: [disputed], disputes: [dispute] }
  const result = next(reported, facts, seenAll([disputed]), recount(all))
  expect(leafOf(result, 'dispute')).toEqual([{ kind: 'dispute', dispute: 7n, upheld: true }])
  expect(leafOf(result, 'lease')).toMatchObject([{ served: 0.4 * HOUR + HOUR }])
  expect(leafOf(result, 'credit')).toMatchObject([{ amount: (36n * STAKE) / 50n }])
  expect(result.state.leases[0]?.unobserved).toBe(0)
  const again = next(result, facts, seenAll([disputed]), recount(all))
  expect(leafOf(again, 'dispute')).toEqual([{ kind: 'dispute', dispute: 7n, upheld: false }])
  expect(again.state.recounted).toEqual([{ lease: disputed.lease, era: 1n }])
  expect(leafOf(again, 'lease')).toMatchObject([{ served: 0.4 * HOUR + 2 * HOUR }])
})

test('a recount that finds the same changes nothing', () => {
  const result = next(
    reported,
    { leases: [disputed], disputes: [dispute] },
    seenAll([disputed]),
    recount(spoke.slice(0, 2)),
  )
  expect(leafOf(result, 'dispute')).toEqual([{ kind: 'dispute', dispute: 7n, upheld: false }])
  expect(leafOf(result, 'lease')).toMatchObject([{ served: 2 * HOUR }])
})

test('a lease that is over is recounted too, with leaves of its own', () => {
  const over = { ...disputed, stop: at(HOUR) }
  const before = first(eraFacts({ leases: [over] }), spoke.slice(0, 2))
  const recounts = recount(all, before.metrics[0]).recounts.map((one) => ({
    ...one,
    facts: eraFacts({ leases: [over] }),
  }))
  const result = next(before, { leases: [], disputes: [dispute] }, [], { recounts })
  expect(leafOf(result, 'lease')).toEqual([{ kind: 'lease', lease: over.lease, served: 0.4 * HOUR }])
  expect(leafOf(result, 'credit')).toHaveLength(1)
})

test.each([[[1n, 2n, 2n]], [[2n, 1n, 1n]]])('recounts of two eras of a lease add up, the first of each: %s', (eras) => {
  const second = next(reported, { leases: [disputed] }, spoke.slice(0, 2))
  const facts = [
    eraFacts({ leases: [disputed] }),
    eraFacts({ era: 2n, from: at(HOUR), until: at(2 * HOUR), leases: [disputed] }),
  ]
  const disputes = eras.map((era, index) => ({ dispute: BigInt(index + 1), lease: disputed.lease, era }))
  const recounts = disputes.map((asked) => ({
    ...{
      dispute: asked,
      facts: given(facts[Number(asked.era) - 1]),
      batches: all.map((one) => ({ ...one, era: asked.era })),
    },
    metric: asked.era === 1n ? reported.metrics[0] : second.metrics[0],
  }))
  const result = next(second, { leases: [disputed], disputes }, seenAll([disputed]), { recounts })
  expect(leafOf(result, 'dispute').map(({ upheld }) => upheld)).toEqual([true, true, false])
  expect(result.state.recounted).toEqual([1n, 2n].map((era) => ({ lease: disputed.lease, era })))
  expect(result.state.leases).toMatchObject([
    { served: 2 * 0.4 * HOUR + HOUR, credit: (36n * STAKE) / 25n, unobserved: 0 },
  ])
})

test('a recount can take a credit back, and seconds for which somebody was to blame', () => {
  const blamed = first(eraFacts({ leases: [disputed] }), all)
  const [seen, unseen] = [seenAll([disputed]), spoke.slice(0, 2)]
  const facts = { leases: [disputed], disputes: [dispute] }
  const kept = next(blamed, facts, seen, recount(seen, blamed.metrics[0]))
  expect(kept.state.leases).toMatchObject([{ served: 2 * HOUR, credit: 0n, unobserved: 0 }])
  const unknown = next(blamed, facts, seen, recount(unseen, blamed.metrics[0]))
  expect(unknown.state.leases).toMatchObject([{ served: 2 * HOUR, credit: 0n, unobserved: HOUR }])
})

test('a recount that changes seconds and no credit is upheld', () => {
  const blamed = first(eraFacts({ leases: [disputed] }), seenAll([disputed]))
  const late = seenAll([disputed], { upBps: 9_950 })
  const result = next(
    blamed,
    { leases: [disputed], disputes: [dispute] },
    seenAll([disputed]),
    recount(late, blamed.metrics[0]),
  )
  expect(leafOf(result, 'dispute')).toMatchObject([{ upheld: true }])
  expect(result.state.leases).toMatchObject([{ served: 0.995 * HOUR + HOUR, credit: 0n }])
})

test('what the disputed era did not have is not recounted', () => {
  const facts = { leases: [disputed], disputes: [dispute] }
  const empty = { dispute, facts: eraFacts({ leases: [] }), batches: [], metric: reported.metrics[0] }
  for (const recounts of [[empty], [{ ...given(recount(all).recounts[0]), metric: undefined }]]) {
    const result = next(reported, facts, seenAll([disputed]), { recounts })
    expect(leafOf(result, 'dispute')).toMatchObject([{ upheld: false }])
    expect(result.state).toMatchObject({ leases: [{ served: 2 * HOUR }], recounted: [] })
  }
})

const askedFor = { dispute, facts: eraFacts({ leases: [disputed] }), batches: all, metric: reported.metrics[0] }

test.each<[string, Partial<typeof askedFor>, Partial<EraFacts>]>([
  ['without a dispute', {}, { disputes: [] }],
  ['of another dispute', {}, { disputes: [{ ...dispute, dispute: 8n }] }],
  ['of another lease', {}, { disputes: [{ ...dispute, lease: lease(2) }] }],
  ['of other facts', { facts: eraFacts({ era: 0n, leases: [disputed] }) }, {}],
  [
    'of its own era',
    { dispute: { ...dispute, era: 2n }, facts: eraFacts({ era: 2n, leases: [disputed] }) },
    { disputes: [{ ...dispute, era: 2n }] },
  ],
])('a recount %s is refused', (_, asked, facts) => {
  const recounts = [{ ...askedFor, ...asked }]
  expect(() => next(reported, { leases: [disputed], disputes: [dispute], ...facts }, [], { recounts })).toThrow(
    expect.objectContaining({ code: 'badEraInput', data: recounts[0]?.dispute }),
  )
})

test('a recount that changes a credit and no second is upheld', () => {
  const short = { ...disputed, start: at(HOUR - 1) }
  const kept = first(eraFacts({ leases: [short] }), seenAll([short], { upBps: 9_950 }))
  const recounts = [{ ...askedFor, facts: eraFacts({ leases: [short] }), metric: kept.metrics[0] }]
  const batches = seenAll([short], { upBps: 0 })
  const facts = { leases: [short], disputes: [dispute] }
  const result = next(kept, facts, seenAll([short]), { recounts: recounts.map((one) => ({ ...one, batches })) })
  expect(leafOf(result, 'dispute')).toMatchObject([{ upheld: true }])
  expect(result.state.leases).toMatchObject([{ served: HOUR, credit: STAKE / 5_000n }])
})

test('a recount knows when a lease started, whatever its batches say', () => {
  const late = { ...disputed, startWindow: 900 }
  const facts = eraFacts({ leases: [late] })
  const before = first(facts, seenAll([late], { upBps: 4_000, startedAt: at(100) }))
  const recounts = [{ ...askedFor, facts, batches: seenAll([late], { startedAt: 0 }), metric: before.metrics[0] }]
  const result = next(before, { leases: [late], disputes: [dispute] }, seenAll([late]), { recounts })
  expect(result.state.leases).toMatchObject([{ served: HOUR - 100 + HOUR }])
})

test('what is recounted of a lease that was let go of is not remembered', () => {
  const before = first(eraFacts({ leases: [] }), [])
  const result = next(before, { leases: [], disputes: [dispute] }, [], recount(all))
  expect(leafOf(result, 'dispute')).toMatchObject([{ upheld: true }])
  expect(result.state).toMatchObject({ leases: [], recounted: [] })
})

test.each<[string, { asset: Address; rate: bigint }[], bigint]>([
  ['of its own asset', [{ asset: `0x${'04'.repeat(20)}`, rate: 1n }, ...eraFacts({}).rules.rates], (36n * STAKE) / 50n],
  ['that is not known', [], 0n],
])('a recount takes the rate %s', (_, rates, credit) => {
  const { rules } = eraFacts({})
  const facts = eraFacts({ leases: [disputed], rules: { ...rules, rates } })
  const recounts = [{ ...askedFor, facts }]
  const result = next(reported, { leases: [disputed], disputes: [dispute] }, seenAll([disputed]), { recounts })
  expect(result.state.leases).toMatchObject([{ credit }])
})

test('what was recounted is sorted by lease', () => {
  const leases = [1, 2, 3].map((index) => leaseOf(index))
  const facts = eraFacts({ leases })
  const before = first(facts, seenAll(leases).slice(0, 2))
  const disputes = [2, 1, 3].map((index) => ({ dispute: BigInt(index), lease: lease(index), era: 1n }))
  const recounts = disputes.map((asked, index) => ({
    ...{ dispute: asked, facts, batches: seenAll(leases, { upBps: 0 }) },
    metric: before.metrics[[1, 0, 2][index] ?? 0],
  }))
  const result = next(before, { leases, disputes }, seenAll(leases), { recounts })
  expect(result.state.recounted.map((one) => one.lease)).toEqual([lease(1), lease(2), lease(3)])
})

test('no correction takes more than there is', () => {
  const record = { lease: lease(1), served: 5, credit: 1n, unobserved: 2, startedAt: 0, finalEra: 0n, stars: 0 }
  const correction = { lease: disputed, served: -6, credit: -2n, unobserved: -3 }
  expect(corrected(record, correction)).toEqual({ ...record, served: 0, credit: 0n, unobserved: 0 })
})
