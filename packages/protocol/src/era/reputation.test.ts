import fc from 'fast-check'
import { expect, test } from 'vitest'
import { medianLow } from './median.ts'
import { CONSISTENCY_ERAS, type LeaseOutcome, newProvider, nextProvider, type ProviderPast } from './reputation.ts'
import { levelOf, multiplierBps, scoreOf } from './score.ts'

const bps = fc.integer({ min: 0, max: 10_000 })
const milliseconds = fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined })
const lease: fc.Arbitrary<LeaseOutcome> = fc.record({
  rate: fc.bigInt({ min: 0n, max: 10n ** 12n }),
  assetRate: fc.bigInt({ min: 0n, max: 10n ** 31n }),
  dueSeconds: fc.integer({ min: 0, max: 10 ** 6 }),
  lifeSeconds: fc.integer({ min: 0, max: 10 ** 8 }),
  upBps: fc.option(bps, { nil: undefined }),
  promisedBps: bps,
  latencyMs: milliseconds,
  spreadMs: milliseconds,
  ending: fc.constantFrom('running', 'completed', 'failed', 'unstarted'),
  paid: fc.bigInt({ min: 0n, max: 10n ** 15n }),
  stars: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
})
const era = fc
  .record({
    leases: fc.array(lease, { maxLength: 5 }),
    asked: fc.integer({ min: 0, max: 100 }),
    failed: fc.integer({ min: 0, max: 100 }),
    auditBps: fc.option(bps, { nil: undefined }),
  })
  .map(({ failed, ...rest }) => ({ ...rest, proven: Math.max(0, rest.asked - failed) }))
const backing = fc.record({
  fees: fc.bigInt({ min: 0n, max: 10n ** 20n }),
  stake: fc.bigInt({ min: 0n, max: 10n ** 24n }),
  seconds: fc.integer({ min: 1, max: 10 ** 6 }),
})

const good: LeaseOutcome = {
  rate: 40_000n,
  assetRate: 10n ** 30n,
  dueSeconds: 3_600,
  lifeSeconds: 3_600,
  upBps: 10_000,
  promisedBps: 9_900,
  latencyMs: 20,
  spreadMs: 5,
  ending: 'running',
  paid: 40_000n,
  stars: undefined,
}
const full = { fees: 10n ** 18n, stake: 10n ** 20n, seconds: 3_600 }

function after(eras: number, leases: readonly LeaseOutcome[], from: ProviderPast = newProvider): ProviderPast {
  let past = from
  for (let n = 0; n < eras; n++) {
    past = nextProvider(past, { leases, asked: 0, proven: 0, auditBps: undefined }, full)
  }
  return past
}

test('the lower median is the middle of the sorted values', () => {
  fc.assert(
    fc.property(fc.array(bps, { minLength: 1, maxLength: 200 }), (values) => {
      const sorted = values.toSorted((a, b) => a - b)
      expect(medianLow(values)).toBe(sorted[Math.floor((sorted.length - 1) / 2)])
    }),
  )
})

test('every figure stays between 0 and 10,000, whatever happens', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(era, backing), { minLength: 1, maxLength: 20 }), (eras) => {
      let past = newProvider
      for (const [one, behind] of eras) past = nextProvider(past, one, behind)
      const known = [past.score, ...Object.values(past.inputs ?? {}), ...Object.values(past.performance)]
      for (const figure of [...known, ...past.recentUptimeBps]) {
        if (figure === undefined) continue
        expect(Number.isInteger(figure) && figure >= 0 && figure <= 10_000).toBe(true)
      }
      expect(past.recentUptimeBps.length).toBeLessThanOrEqual(CONSISTENCY_ERAS)
    }),
  )
})

test('a score moves towards what the era proves, and never past it', () => {
  fc.assert(
    fc.property(bps, era, backing, (score, one, behind) => {
      const past = { ...newProvider, score }
      const next = nextProvider(past, one, behind)
      const target = next.inputs ? scoreOf(next.inputs) : score
      expect(next.score).toBeGreaterThanOrEqual(Math.min(score, target))
      expect(next.score).toBeLessThanOrEqual(Math.max(score, target))
    }),
  )
})

test.each([0, 6])('%i is not a trust level', (level) => {
  expect(() => multiplierBps(level)).toThrow(RangeError)
})

test('good service without a word of praise reaches the best level, in about twenty eras', () => {
  expect(levelOf(after(2, [good]).score)).toBe(5)
  expect(levelOf(after(3, [good]).score)).toBe(4)
  expect(levelOf(after(24, [good]).score)).toBe(1)
})

test('keeping promises of which ratings are the worst still is level 2 or 3, breaking them all is probation', () => {
  const record = after(40, [good])
  const disliked = after(40, [{ ...good, stars: 1 }], record)
  expect(levelOf(disliked.score)).toBe(2)
  const down = after(40, [{ ...good, upBps: 2_000, stars: 1 }], record)
  expect(levelOf(down.score)).toBe(5)
})

test('an outage of one era costs a level, and some eras of good service bring it back', () => {
  const before = after(40, [good])
  const struck = after(1, [{ ...good, upBps: 0 }], before)
  expect(levelOf(struck.score)).toBe(2)
  expect(levelOf(after(8, [good], struck).score)).toBe(1)
})

test('leaving every lease takes the score down, whether it was seen or not', () => {
  const before = after(40, [good])
  const left = { ...good, ending: 'failed' as const, dueSeconds: 0, upBps: undefined }
  expect(after(1, [left], before).score).toBeLessThan(before.score)
})
