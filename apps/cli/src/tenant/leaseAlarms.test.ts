import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AlarmFacts, dueAlarms, type Told } from './leaseAlarms.ts'

const END = 1_800_000_000
const view = { leaseId: `0x${'ab'.repeat(32)}`, name: 'shop', status: 'running', reason: undefined, stop: END } as const
const at = (now: number, change: Partial<AlarmFacts['view']> = {}, lowBalance?: string): AlarmFacts => ({
  view: { ...view, ...change },
  lowBalance,
  now,
})

/** What is told over a row of looks. */
function events(looks: readonly AlarmFacts[], told?: Told): string[] {
  let kept = told
  return looks.flatMap((facts) => {
    const next = dueAlarms(facts, kept)
    kept = next.told
    return next.due.map(({ event }) => event)
  })
}

test('each warning comes once, at a day, at an hour and at the end', () => {
  const looks = [100_000, 86_400, 80_000, 3_600, 3_599, 1, 0, -5, -100].map((left) => at(END - left))
  expect(events(looks)).toEqual(['endsInDay', 'endsInHour', 'ended'])
  expect(events([at(END - 50), at(END - 49)])).toEqual(['endsInHour'])
  expect(events([at(END - 90_000, { status: 'ended', stop: END - 90_001, reason: 'closed' }), at(END)])).toEqual([
    'ended',
  ])
})

test('a lease that is ended already is not to be prolonged', () => {
  expect(events([at(END - 60, { status: 'ending' }), at(END + 1, { status: 'settling' })])).toEqual(['ended'])
})

test('after an extension the new end is warned of', () => {
  const later = { stop: END + 200_000 }
  const looks = [at(END - 60), at(END - 50, later), at(END + 200_000 - 86_000, later), at(END + 199_999, later)]
  expect(events(looks)).toEqual(['endsInHour', 'endsInDay', 'endsInHour'])
})

test('a provider that goes and comes is told each time, and so is a workload that breaks', () => {
  const far = END - 100_000
  const looks = ['running', 'silent', 'silent', 'running', 'running', 'silent', 'failed', 'failed', 'running', 'failed']
  // CAST: these are all such
  expect(events(looks.map((status) => at(far, { status: status as 'running' })))).toEqual([
    'silent',
    'answersAgain',
    'silent',
    'answersAgain',
    'failed',
    'failed',
  ])
  expect(events([at(far, {}, 'too little'), at(far, {}, 'too little'), at(far), at(far, {}, 'too little')])).toEqual([
    'lowBalance',
    'lowBalance',
  ])
})

test('whenever it is looked, and however often it is started anew, no end is told twice', () => {
  const look = fc.record({ left: fc.integer({ min: -10, max: 200_000 }), restart: fc.boolean() })
  fc.assert(
    fc.property(fc.array(look, { maxLength: 30 }), (looks) => {
      const sorted = looks.toSorted((a, b) => b.left - a.left)
      let told: Told | undefined
      const all = sorted.flatMap(({ left, restart }) => {
        const next = dueAlarms(at(END - left), told)
        told = restart ? JSON.parse(JSON.stringify(next.told)) : next.told
        return next.due.map(({ event }) => event)
      })
      expect(new Set(all).size).toBe(all.length)
      const least = sorted.at(-1)?.left ?? 200_000
      expect(all.includes('ended')).toBe(least <= 0)
      if (least <= 3600 && least > 0) expect(all).toContain('endsInHour')
    }),
  )
})
