import type { Job, JobState } from '@tender/api'
import { expect, test } from 'vitest'
import { actionsOf, cancelCost, isLate, nextStep } from './nextStep.ts'

const hash: `0x${string}` = `0x${'1'.repeat(64)}`

const job = (state: JobState, rest: Partial<Job> = {}): Job =>
  // CAST: the fields that are looked at
  ({
    state,
    terms: { deadline: 900, cancelFee: 5n },
    price: 100n,
    startUntil: 300,
    drawUntil: null,
    challengeUntil: null,
    verdictUntil: null,
    challenge: null,
    verdict: null,
    ended: null,
    ...rest,
  }) as Job

const challenge = { tasks: [1], seed: hash, at: 1, tx: hash, block: 1 }

test('each state says what is next, until when, and what happens if it does not', () => {
  const told = (of: Job, now = 400) => {
    const { next } = nextStep(of, now)
    return next && [next.what, next.until, next.else]
  }
  expect(told(job('opened'))).toEqual(['it begins', 300, 'all of the price comes back'])
  expect(told(job('begun'))).toEqual([
    'the result is delivered',
    900,
    'all of the price comes back, and the provider’s stake is penalised',
  ])
  expect(told(job('submitted', { drawUntil: 500 }))).toEqual([
    'validators are drawn',
    500,
    'all of the price comes back',
  ])
  const drawn = { challengeUntil: 600, verdictUntil: 800 }
  expect(told(job('drawn', drawn))?.[1]).toBe(600)
  expect(told(job('drawn', { ...drawn, challenge }))?.[1]).toBe(800)
  expect(told(job('drawn', drawn), 600)).toEqual(['their verdict', 800, 'a second set of validators is drawn'])
  expect(told(job('recalled', { drawUntil: 500 }))?.[2]).toBe('the price is split')
  expect(told(job('redrawn', { verdictUntil: 800 }))?.[2]).toBe('the price is split')
  expect(told(job('ended'))).toBeUndefined()
  expect(told(job('begun', { terms: null }))).toBeUndefined()
})

test('a tenant cancels before the result, accepts after it, and challenges once, to the second', () => {
  expect(actionsOf(job('opened'), 0)).toEqual(['cancel'])
  expect(actionsOf(job('begun'), 0)).toEqual(['cancel'])
  expect(actionsOf(job('submitted'), 0)).toEqual(['accept'])
  expect(actionsOf(job('drawn', { challengeUntil: 600 }), 599)).toEqual(['accept', 'challenge'])
  expect(actionsOf(job('drawn', { challengeUntil: 600 }), 600)).toEqual(['accept'])
  expect(actionsOf(job('drawn', { challengeUntil: 600, challenge }), 500)).toEqual(['accept'])
  expect(actionsOf(job('ended'), 0)).toEqual([])
})

test('a job that ended says what its validators found, if they did', () => {
  const verdict = { passed: true, signers: [], at: 1, tx: hash, block: 1 }
  expect(nextStep(job('ended'), 0).state).toBe('Ended')
  expect(nextStep(job('ended', { verdict }), 0).state).toBe('Passed')
  expect(nextStep(job('ended', { verdict: { ...verdict, passed: false } }), 0).state).toBe('Found wrong')
})

test('cancelling is free before the beginning, and never costs more than the price', () => {
  expect(cancelCost(job('opened'), 400)).toBe(0n)
  expect(cancelCost(job('begun'), 899)).toBe(5n)
  expect(cancelCost(job('begun', { price: 3n }), 400)).toBe(3n)
  // Its contract gives all of the price back then, and the penalty.
  expect(cancelCost(job('begun'), 900)).toBe(0n)
  expect([isLate(job('begun'), 899), isLate(job('begun'), 900), isLate(job('submitted'), 900)]).toEqual([
    false,
    true,
    false,
  ])
})
