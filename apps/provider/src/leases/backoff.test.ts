import { expect, test } from 'vitest'
import { bytes32 } from '../testKit.ts'
import { createBackoff } from './backoff.ts'

const lease = bytes32(1)

test('what fails waits twice as long each time, up to a limit, and holds up nothing else', () => {
  let nowMs = 0
  const backoff = createBackoff(() => nowMs)
  const pauses: number[] = []
  for (let failure = 0; failure < 8; failure++) {
    backoff.failed(lease, 'stop', 'the engine does not answer')
    pauses.push(backoff.heldMs(lease, 'stop'))
    nowMs += 60_000
    expect(backoff.heldMs(lease, 'stop')).toBeLessThanOrEqual(0)
  }
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  expect(backoff.failures(lease, 'stop')).toBe(8)
  expect(backoff.troubles(lease)).toEqual(['stop fails: the engine does not answer'])
  expect([backoff.heldMs(lease, 'settle'), backoff.heldMs(bytes32(2), 'stop')].every((ms) => ms <= 0)).toBe(true)

  backoff.succeeded(lease, 'stop')
  expect([backoff.failures(lease, 'stop'), backoff.troubles(lease)]).toEqual([0, []])
})

test('a prolongation waits longer', () => {
  const backoff = createBackoff(() => 0)
  for (let failure = 0; failure < 20; failure++) backoff.failed(lease, 'extend', 'too little')
  expect(backoff.heldMs(lease, 'extend')).toBe(600_000)
})
