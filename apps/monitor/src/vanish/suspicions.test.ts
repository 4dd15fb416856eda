import fc from 'fast-check'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { createSuspicions } from './suspicions.ts'

const lease: Hex = `0x${'77'.repeat(32)}`

test('a provider vanished with the second silent round that is late enough', () => {
  const suspicions = createSuspicions(15)
  expect(suspicions.note(lease, { at: 100, alive: false })).toEqual({ state: 'again', at: 115 })
  expect(suspicions.note(lease, { at: 110, alive: false })).toEqual({ state: 'again', at: 115 })
  expect(suspicions.note(lease, { at: 116, alive: false })).toEqual({ state: 'vanished', since: 100 })
  expect(suspicions.note(lease, { at: 130, alive: false })).toEqual({ state: 'vanished', since: 100 })
})

test('any sign of life begins anew, and so does a lease that was forgotten', () => {
  const suspicions = createSuspicions(15)
  suspicions.note(lease, { at: 100, alive: false })
  expect(suspicions.note(lease, { at: 116, alive: true })).toEqual({ state: 'alive' })
  expect(suspicions.note(lease, { at: 117, alive: false })).toEqual({ state: 'again', at: 132 })
  suspicions.forget(lease)
  expect(suspicions.note(lease, { at: 140, alive: false })).toEqual({ state: 'again', at: 155 })
})

test('whatever comes: never with one round, never before its time, never in spite of a sign of life', () => {
  const rounds = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 20 }), alive: fc.boolean() }), { maxLength: 30 })
  fc.assert(
    fc.property(rounds, fc.integer({ min: 1, max: 40 }), (list, vanishedAfter) => {
      const suspicions = createSuspicions(vanishedAfter)
      let at = 1_000
      let silent: number[] = []
      for (const { wait, alive } of list) {
        at += wait
        silent = alive ? [] : [...silent, at]
        const verdict = suspicions.note(lease, { at, alive })
        const vanished = silent.length >= 2 && at - (silent[0] ?? at) >= vanishedAfter
        expect(verdict.state === 'vanished').toBe(vanished)
        if (verdict.state === 'vanished') expect(verdict.since).toBe(silent[0])
      }
    }),
  )
})
