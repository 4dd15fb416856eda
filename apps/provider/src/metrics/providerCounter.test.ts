import { expect, test } from 'vitest'
import { orderOf } from '../testKit.ts'
import { createProviderCounter } from './providerCounter.ts'

const asset = `0x${'11'.repeat(20)}` as const

test('counts each answer once, and every reason against an order', () => {
  const counter = createProviderCounter()
  const answer = { version: 1, order: orderOf(), decidedAt: 1 } as const
  const [price, units] = ['priceTooHigh', 'units'].map((rule) => ({ rule, message: 'no' }))
  counter.answered({ ...answer, decision: 'bid', reasons: [] })
  counter.answered({ ...answer, decision: 'declined', reasons: [price ?? expect.fail(), units ?? expect.fail()] })
  counter.answered({ ...answer, decision: 'declined', reasons: [price ?? expect.fail()] })
  expect(Object.fromEntries(counter.decisions)).toEqual({ bid: 1, declined: 2 })
  expect(Object.fromEntries(counter.refusals)).toEqual({ priceTooHigh: 2, units: 1 })
})

test('what was settled never falls, though the chain may take a settlement back', () => {
  const counter = createProviderCounter()
  for (const amount of [300n, -300n, 450n]) counter.earned(asset, amount)
  expect(counter.settled.get(asset)).toBe(750n)
})

test('knows for how long no block came', () => {
  let nowMs = 1_000
  const counter = createProviderCounter(() => nowMs)
  nowMs += 30_000
  expect(counter.silenceSeconds()).toBe(30)
  counter.sawBlock()
  nowMs += 2_000
  expect(counter.silenceSeconds()).toBe(2)
})
