import type { Job } from '@tender/sdk'
import { zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { dueStep } from './dueStep.ts'

const START = 1_000
const terms = {
  kind: 1,
  tenant: zeroAddress,
  provider: 1n,
  payout: zeroAddress,
  order: zeroHash,
  index: 0,
  start: START,
  startWindow: 60,
}
const jobTerms = { deadlineSeconds: 600 }

/** The step at a moment. */
function at(timestamp: number, state: Job['state'], over: Partial<Job> = {}, working = false) {
  const job = { state, timestamp, drawUntil: undefined, verdictUntil: undefined, ...over }
  // CAST: nothing else is looked at
  return dueStep(job as Job, { terms, jobTerms, working } as unknown as Parameters<typeof dueStep>[1])
}

test('a job that nobody begins is ended once its start window is over', () => {
  expect(at(START + 59, 'opened')).toBeUndefined()
  expect(at(START + 60, 'opened')).toBe('expire')
})

test('a provider that still fetches has until the deadline', () => {
  expect(at(START + 599, 'opened', {}, true)).toBeUndefined()
  expect(at(START + 600, 'opened', {}, true)).toBe('expire')
})

test('a job that was begun has until its deadline, to the second', () => {
  expect(at(START + 599, 'begun')).toBeUndefined()
  expect(at(START + 600, 'begun')).toBe('expire')
})

test.each([
  ['submitted', { drawUntil: 2_000 }, 'expire'],
  ['drawn', { verdictUntil: 2_000 }, 'redraw'],
  ['recalled', { drawUntil: 2_000 }, 'split'],
  ['redrawn', { verdictUntil: 2_000 }, 'split'],
] as const)('%s has its own end and its own default', (state, over, step) => {
  expect(at(1_999, state, over)).toBeUndefined()
  expect(at(2_000, state, over)).toBe(step)
})

test('nothing is due for a job that has ended', () => {
  expect(at(9_999, 'ended')).toBeUndefined()
})
