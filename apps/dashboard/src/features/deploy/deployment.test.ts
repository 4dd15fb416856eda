import { NoBidsError } from '@tender/protocol'
import type { Choice, JudgedBid } from '@tender/tenant'
import { expect, test } from 'vitest'
import {
  afterEvent,
  type Deployment,
  isUnderWay,
  leavingMeans,
  newDeployment,
  standingsOf,
  whyLeads,
} from './deployment.ts'

function bid(provider: bigint, price: bigint, level: number, score: bigint): JudgedBid {
  // CAST: of an offer only the price is looked at here
  const offer = { price } as JudgedBid['offer']
  return { provider, offer, signature: '0x', level, country: '0x4445', score, broken: [] }
}

function choice(chosen: JudgedBid[], spares: JudgedBid[]): Choice {
  return { chosen, spares, disqualified: [], declined: [] }
}

test('signing an order, then the match: the step says which', () => {
  const asking = { type: 'account', news: { type: 'signing', what: 'Order', asks: true } } as const
  const sent = { type: 'account', news: { type: 'sent', tx: '0xab' } } as const
  const signing = afterEvent(newDeployment('hello'), asking, 3, 0)
  expect(signing).toMatchObject({ step: 'sign', news: asking.news })
  const matching: Deployment = { ...signing, step: 'match' }
  expect(afterEvent(matching, sent, 3, 0)).toMatchObject({ step: 'match', tx: '0xab' })
})

test('a ranking that comes after the choice changes nothing', () => {
  const late = { type: 'ranked', choice: choice([], []) } as const
  const auction: Deployment = { ...newDeployment('hello'), step: 'auction' }
  expect(afterEvent(auction, late, 3, 0).choice).toBe(late.choice)
  expect(afterEvent({ ...auction, step: 'match' }, late, 3, 0).choice).toBeUndefined()
})

test('a failure stays at its step, and nothing goes on by itself then', () => {
  const failed = afterEvent(
    { ...newDeployment('hello'), step: 'send' },
    { type: 'failed', error: new Error('x') },
    3,
    0,
  )
  expect(failed.step).toBe('send')
  expect(isUnderWay(failed)).toBe(false)
  const nobody = { type: 'failed', error: new NoBidsError('nobody bid', []) } as const
  expect(afterEvent({ ...newDeployment('hello'), step: 'match' }, nobody, 3, 0).step).toBe('auction')
  expect(isUnderWay(newDeployment('hello'))).toBe(true)
  expect(leavingMeans({ ...newDeployment('hello'), step: 'auction' })).toContain('costs nothing')
})

test('a bid that takes several replicas stands once, and its lead is explained', () => {
  const cheap = bid(1n, 100n, 5, 100n)
  const trusted = bid(2n, 103n, 1, 98n)
  expect(
    standingsOf(choice([trusted, trusted], [cheap])).map(({ bid, rank, state }) => [bid.provider, rank, state]),
  ).toEqual([
    [2n, 1, 'chosen'],
    [1n, 2, 'spare'],
  ])
  expect(whyLeads(standingsOf(choice([trusted], [cheap])))).toContain('trust level forgives more')
  expect(whyLeads(standingsOf(choice([cheap], [bid(3n, 120n, 5, 120n)])))).toContain('asks the least')
  expect(whyLeads(standingsOf(choice([cheap], [])))).toContain('only bid')
  expect(whyLeads([])).toBeUndefined()
})
