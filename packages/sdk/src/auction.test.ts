import { afterAll, beforeAll, expect, test } from 'vitest'
import { awardOrder } from './actions/awardOrder.ts'
import { bidOnChain } from './actions/bidOnChain.ts'
import { cancelOrder } from './actions/cancelOrder.ts'
import { getAuction } from './actions/getAuction.ts'
import { getBalance } from './actions/getBalance.ts'
import { matchOrder } from './actions/matchOrder.ts'
import { postOrder } from './actions/postOrder.ts'
import { signOrder } from './actions/signOrder.ts'
import { signPosting } from './actions/signPosting.ts'
import type { MarketClient } from './createMarketClient.ts'
import {
  addProvider,
  addTenant,
  orderOf,
  startTestMarket,
  type TestMarket,
  type TestProvider,
  testAccount,
} from './testMarket.ts'

let market: TestMarket
let tenant: MarketClient
let cheap: TestProvider
let dear: TestProvider

beforeAll(async () => {
  market = await startTestMarket()
  tenant = await addTenant(market, { account: 1, amount: 1_000_000n })
  cheap = await addProvider(market, { first: 2, units: 2 })
  dear = await addProvider(market, { first: 4, country: 'FR' })
})
afterAll(() => market.stop())

const deposited = async () =>
  (await getBalance(tenant, { account: testAccount(1).address, asset: market.dollar })).deposited

test('an auction on chain: posted by another, outbid, awarded', async () => {
  const before = await deposited()
  const order = await orderOf(market, tenant, { nonce: 10n, replicas: 1 })
  const signature = await signPosting(tenant, { order })
  const posted = await postOrder(dear.operator, { order, signature })
  expect(posted.reserved).toBe(20_000n)

  const first = await dear.bid(posted.order, { price: 15_000n, expiry: order.expiry })
  expect(await bidOnChain(dear.operator, { order, ...first })).toMatchObject({ evicted: undefined })
  const second = await cheap.bid(posted.order, { price: 9_000n, expiry: order.expiry })
  expect(await bidOnChain(cheap.operator, { order, ...second })).toMatchObject({ evicted: first.hash })
  await expect(bidOnChain(dear.operator, { order, ...first })).rejects.toMatchObject({
    code: 'rankTooLow',
    class: 'conflict',
  })
  expect(await getAuction(tenant, { order: posted.order })).toMatchObject({
    state: 'active',
    kept: [{ offer: second.hash, provider: cheap.id, country: 'DE' }],
  })
  await expect(cancelOrder(tenant, { order })).rejects.toMatchObject({ code: 'hasBids' })
  await expect(awardOrder(dear.operator, { order })).rejects.toMatchObject({ code: 'auctionRunning' })

  await market.skip(20)
  const { leases, unreserved } = await awardOrder(dear.operator, { order })
  expect(leases).toMatchObject([{ terms: { provider: cheap.id, rate: 9_000n, offer: second.hash } }])
  expect(unreserved).toBe(11_000n)
  expect(before - (await deposited())).toBe(9_000n)
  expect(await getAuction(tenant, { order: posted.order })).toMatchObject({ state: 'complete' })
})

test('an auction without bids is cancelled, one with bids lapses at expiry', async () => {
  const before = await deposited()
  const lonely = await orderOf(market, tenant, { nonce: 11n })
  await postOrder(tenant, { order: lonely })
  await cancelOrder(tenant, { order: lonely })
  expect(await deposited()).toBe(before)

  const order = await orderOf(market, tenant, { nonce: 12n })
  const { order: hash } = await postOrder(tenant, { order })
  await bidOnChain(dear.operator, { order, ...(await dear.bid(hash, { expiry: order.expiry })) })
  await market.skip(700)
  expect(await awardOrder(tenant, { order })).toMatchObject({ leases: [], unreserved: 20_000n })
  expect(await deposited()).toBe(before)
})

test('a match that breaks a rule says which, with both values', async () => {
  const order = await orderOf(market, tenant, { nonce: 13n })
  const { hash } = await signOrder(tenant, { order })
  const match = async (over: Parameters<TestProvider['bid']>[1], by: TestProvider = dear) =>
    matchOrder(tenant, { order, offers: [await by.bid(hash, over)] })

  await expect(match({ price: 20_001n })).rejects.toMatchObject({
    errorName: 'PriceTooHigh',
    message: 'the offer asks 20001 smallest units per unit and hour, the order pays at most 20000',
    data: { price: 20_001n, maxPrice: 20_000n },
  })
  await expect(match({ offerEpoch: 7 })).rejects.toMatchObject({ code: 'offerEpochOver' })
  await expect(match({ tier: 0 })).rejects.toMatchObject({ code: 'tierTooLow' })
  await expect(match({ maxDuration: 60 })).rejects.toMatchObject({ code: 'durationTooLong' })

  const big = await orderOf(market, tenant, { nonce: 14n, units: 5 })
  const bigHash = (await signOrder(tenant, { order: big })).hash
  const offers = [await cheap.bid(bigHash, { units: 5 })]
  await expect(matchOrder(tenant, { order: big, offers })).rejects.toMatchObject({ code: 'insufficientCapacity' })

  await match({})
  await expect(match({})).rejects.toMatchObject({ code: 'nonceUsed', class: 'conflict' })
})

test('a tenant without enough in escrow reads how much is missing', async () => {
  const poor = await addTenant(market, { account: 6, amount: 1_000n })
  const order = await orderOf(market, poor, { nonce: 1n })
  const { hash } = await signOrder(poor, { order })
  await expect(matchOrder(poor, { order, offers: [await dear.bid(hash)] })).rejects.toMatchObject({
    class: 'funds',
    hint: 'Deposit 0.009001 USDC more.',
    data: { missing: 9_001n },
  })
})
