import { leaseId as leaseIdOf } from '@tender/protocol'
import { expect, test } from 'vitest'
import { createEarnings, dayEarningsSchema } from './leases/earnings.ts'
import { createLeaseBook } from './leases/leaseBook.ts'
import { answerSchema, createAnswers } from './market/answers.ts'
import { statusOf } from './status.ts'
import {
  address,
  bytes32,
  createScriptedMarket,
  leaseStores,
  never,
  openTestStore,
  orderOf,
  termsOf,
} from './testKit.ts'

test('tells what was earned by day, why orders were declined, and what is to be known of each lease', async () => {
  let now = 1_000
  const store = openTestStore()
  const chain = createScriptedMarket(() => now)
  const earnings = createEarnings(store.collection('earnings', dayEarningsSchema))
  const leases = createLeaseBook(leaseStores(store), chain.market, ({ asset }, amount) =>
    earnings.add(asset, amount, now),
  )
  const terms = termsOf()
  const id = leaseIdOf(terms)
  chain.open(terms, 4_600)
  await leases.open(terms, { order: orderOf() }, never)
  for (const at of [1_600, 90_000]) {
    now = Math.min(at, 4_000)
    await chain.market.settle([terms], never)
    now = at
    await leases.refresh(id, never)
  }
  now = 4_000
  const reported = { era: 3n, coveredUntil: 3_600, served: 2_500, proof: [], credit: 40n }
  const standing = { era: 4n, coveredUntil: 3_900, score: 8_200, rewards: 7n, slashed: 2n, proof: [] }
  leases.update(id, { reported })
  leases.update(id, { phase: 'running', revision: 2, update: { revision: 3, state: 'failed', reason: 'db is ill' } })

  const answers = createAnswers(store.collection('answers', answerSchema))
  const tooDear = { rule: 'priceTooHigh', message: 'its price is too high' }
  const noRoom = { rule: 'units', message: 'it has too few free units' }
  for (const [index, reasons] of [[tooDear], [tooDear, noRoom], []].entries()) {
    const decision = reasons.length > 0 ? 'declined' : 'bid'
    answers.put(bytes32(index), { version: 1, order: orderOf(), decision, reasons, decidedAt: index })
  }

  const status = await statusOf({
    provider: 7n,
    operator: address(5),
    addresses: [],
    ingressPort: 80,
    leases,
    jobs: [],
    answers,
    drivers: [],
    sales: new Map(),
    capacity: async () => ({ committedUnits: 0, leasedUnits: 0, until: 0 }),
    earnings,
    urlOf: () => undefined,
    standing,
    troubles: () => ['extend fails: the tenant has too little'],
    nowSeconds: () => now,
  })
  expect(status.earnings).toEqual([
    { day: '1970-01-02', asset: address(3), amount: '2400' },
    { day: '1970-01-01', asset: address(3), amount: '600' },
  ])
  expect(status.refusals).toEqual([
    { ...tooDear, count: 2 },
    { ...noRoom, count: 1 },
  ])
  const { proof: _, ...told } = standing
  expect(status.standing).toEqual({ ...told, era: '4', level: 2, rewards: '7', slashed: '2' })
  expect(status.leases).toMatchObject([
    {
      leaseId: id,
      revision: 2,
      earned: '3000',
      paidSeconds: 3_000,
      monitored: false,
      reported: { era: '3', coveredUntil: 3_600, servedSeconds: 2_500, credit: '40' },
      warnings: ['ends in 10 min', 'update 3 failed: db is ill', 'extend fails: the tenant has too little'],
    },
  ])
})
