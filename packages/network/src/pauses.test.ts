import { expect, test } from 'vitest'
import { createPauses } from './pauses.ts'

function pausing() {
  let now = 0
  const pauses = createPauses(() => now)
  /** Attempts that fail at once, for so long. */
  const fail = (forMs: number): number[] => {
    const made: number[] = []
    for (const end = now + forMs; now < end; now += made.at(-1) ?? 0) made.push(pauses.next())
    return made
  }
  const pass = (ms: number) => (now += ms)
  return { pauses, fail, pass }
}

test('in the first minute no pause is longer than two seconds, later none longer than thirty', () => {
  const { fail } = pausing()
  const early = fail(60_000)
  expect(Math.max(...early)).toBeLessThanOrEqual(2_000)
  expect(early.length).toBeGreaterThan(30)
  const late = fail(600_000)
  expect(Math.max(...late)).toBeLessThanOrEqual(30_000)
  expect(Math.min(...late)).toBeGreaterThanOrEqual(15_000)
})

test('a peer that was connected for a while is looked for at once when it is lost', () => {
  const { pauses, fail, pass } = pausing()
  fail(600_000)
  pass(20_000)
  pauses.lost(20_000)
  expect(fail(1)[0]).toBeLessThanOrEqual(250)
  expect(Math.max(...fail(59_000))).toBeLessThanOrEqual(2_000)
})

test('a peer that accepts and hangs up is asked ever less often', () => {
  const { pauses, fail } = pausing()
  fail(600_000)
  pauses.lost(100)
  expect(fail(1)[0]).toBeGreaterThanOrEqual(15_000)
})
