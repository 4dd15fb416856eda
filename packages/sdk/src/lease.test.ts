import { deposit as depositFor, feeOf, leaseId, owed } from '@tender/protocol'
import { zeroAddress } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { abandonLease } from './actions/abandonLease.ts'
import { closeLease } from './actions/closeLease.ts'
import { extendLease } from './actions/extendLease.ts'
import { findLeases } from './actions/findLeases.ts'
import { findMatches } from './actions/findMatches.ts'
import { findUnbonding } from './actions/findUnbonding.ts'
import { finishLease } from './actions/finishLease.ts'
import { getBalance } from './actions/getBalance.ts'
import { getCapacity } from './actions/getCapacity.ts'
import { getLease } from './actions/getLease.ts'
import { isNonceUsed } from './actions/isNonceUsed.ts'
import { matchOrder } from './actions/matchOrder.ts'
import { releaseLease } from './actions/releaseLease.ts'
import { settleLeases } from './actions/settleLeases.ts'
import { settleServedLease } from './actions/settleServedLease.ts'
import { signAward } from './actions/signAward.ts'
import { signExtend } from './actions/signExtend.ts'
import { signOrder } from './actions/signOrder.ts'
import { withdraw } from './actions/withdraw.ts'
import { withdrawStake } from './actions/withdrawStake.ts'
import type { MarketClient } from './createMarketClient.ts'
import {
  addProvider,
  addTenant,
  feeBps,
  orderOf,
  startTestMarket,
  type TestMarket,
  type TestProvider,
} from './testMarket.ts'
import { joinTestMonitor } from './testReports.ts'

let market: TestMarket
let tenant: MarketClient
let provider: TestProvider
const address = (client: MarketClient) => client.account?.address ?? '0x'
let nonce = 100n

/** Opens a lease of one hour at 10,001 smallest units per hour. */
async function openLease(over: Parameters<typeof orderOf>[2] = {}, offer: Parameters<TestProvider['bid']>[1] = {}) {
  nonce += 1n
  const { order, hash } = await signOrder(tenant, { order: await orderOf(market, tenant, { nonce, ...over }) })
  const { leases } = await matchOrder(tenant, { order, offers: [await provider.bid(hash, offer)] })
  const [lease] = leases
  if (!lease) throw new Error('no lease')
  return { ...lease, order }
}

async function balanceOf(client: MarketClient) {
  return (await getBalance(client, { account: address(client), asset: market.dollar })).deposited
}

/** What the market's fees came to. */
async function feesEarned() {
  const { rewards } = market.book.contracts
  return (await getBalance(tenant, { account: rewards, asset: market.dollar })).deposited
}

beforeAll(async () => {
  market = await startTestMarket()
  tenant = await addTenant(market, { account: 1, amount: 1_000_000n })
  provider = await addProvider(market, { first: 2 })
})
afterAll(() => market.stop())

test('a lease from the match to the last unit', async () => {
  const before = {
    tenant: await balanceOf(tenant),
    owner: await balanceOf(provider.owner),
    fees: await feesEarned(),
  }
  const order = await orderOf(market, tenant)
  const { hash } = await signOrder(tenant, { order })
  const bid = await provider.bid(hash)
  const consent = await signAward(tenant, { order, offers: [bid.offer], deadline: order.expiry })
  // Whoever holds the consent matches: here the provider.
  const { leases } = await matchOrder(provider.operator, { order, offers: [bid], consent })
  const [lease] = leases
  if (!lease) throw new Error('no lease')
  const { terms } = lease
  expect(leaseId(terms)).toBe(lease.leaseId)
  expect(terms).toMatchObject({ order: hash, offer: bid.hash, provider: provider.id, rate: 10_001n, index: 0 })
  expect(await isNonceUsed(tenant, { tenant: order.tenant, nonce: order.nonce })).toBe(true)
  expect(before.tenant - (await balanceOf(tenant))).toBe(10_001n)
  expect(await getCapacity(tenant, { provider: provider.id, resource: 'cu' })).toMatchObject({ leased: 1, free: 7 })

  await market.skip(1000)
  const running = await getLease(tenant, { lease: lease.leaseId })
  expect(running).toMatchObject({ status: 'running', held: 10_001n, secondsPaid: 0, stop: lease.end, byTime: true })
  expect(running.owed).toBe(owed(10_001n, running.timestamp - terms.start))

  const { settlements, resolved } = await settleLeases(provider.operator, { leases: [terms] })
  const [settled] = settlements
  if (!settled) throw new Error('nothing settled')
  const gross = owed(10_001n, settled.secondsPaid)
  expect(settled.paid + settled.fee).toBe(gross)
  expect(settled.fee).toBe(feeOf(gross, feeBps))
  expect(resolved).toEqual([])

  await market.skip(500)
  const { refunded, closedAt } = await closeLease(tenant, { lease: lease.leaseId })
  expect(refunded).toBe(10_001n - depositFor(10_001n, closedAt - terms.start))
  const over = await getLease(tenant, { lease: terms })
  expect(over).toMatchObject({ status: 'over', closedAt, stop: closedAt, released: true })

  const last = await settleLeases(provider.operator, { leases: [terms] })
  expect(last.resolved).toEqual([lease.leaseId])
  expect(await getLease(tenant, { lease: terms })).toMatchObject({ status: 'resolved', held: 0n, owed: 0n })
  const earned = (await balanceOf(provider.owner)) - before.owner
  const fees = (await feesEarned()) - before.fees
  expect(earned + fees).toBe(owed(10_001n, closedAt - terms.start))
  expect(before.tenant - (await balanceOf(tenant))).toBe(earned + fees)
  expect(await findLeases(tenant, { provider: provider.id })).toMatchObject([{ leaseId: lease.leaseId, terms }])

  const paid = { provider: provider.id, price: 10_001n, units: 1, start: terms.start }
  const recent = { resource: 'cu', asset: market.dollar, since: terms.start, most: 10 }
  expect(await findMatches(tenant, recent)).toMatchObject([paid])
  const others = [{ resource: 'gpu' }, { asset: zeroAddress }, { since: terms.start + 1 }, { most: 0 }]
  for (const other of others) expect(await findMatches(tenant, { ...recent, ...other })).toEqual([])

  await withdraw(provider.owner, { asset: market.dollar, amount: earned })
  const { wallet } = await getBalance(tenant, { account: address(provider.owner), asset: market.dollar })
  expect(wallet).toBe(earned)
})

test('a tenant, and whoever holds its permission, extends', async () => {
  const { terms, end, leaseId: lease } = await openLease()
  expect(await extendLease(tenant, { lease: terms, newEnd: end + 3600 })).toMatchObject({
    amount: 10_001n,
    end: end + 3600,
  })
  const permission = { lease, latestEnd: end + 7200, maxAmount: 50_000n, expiry: end }
  const consent = await signExtend(tenant, { permission })
  const extended = await extendLease(provider.operator, { lease: terms, newEnd: end + 7200, consent })
  expect(extended).toMatchObject({ amount: 10_001n, end: end + 7200 })
  await closeLease(tenant, { lease: terms })
})

test('a provider leaves: free at first, then at the price of stake', async () => {
  const first = await openLease()
  const free = await abandonLease(provider.operator, { lease: first.terms, reason: 'abandonedCannotRun' })
  expect(free).toMatchObject({ penalty: 0n, refunded: 10_001n })

  const { terms } = await openLease()
  await market.skip(terms.startWindow + 1)
  const { penalty } = await abandonLease(provider.operator, { lease: terms, reason: 'abandoned' })
  expect(penalty).toBeGreaterThan(0n)
  const [owed] = await findUnbonding(tenant, { account: address(tenant) })
  if (!owed) throw new Error('the tenant is owed nothing')
  await market.skip(3601)
  const { amount } = await withdrawStake(tenant, owed)
  // Shares are worth whole smallest units, rounded down.
  expect(penalty - amount).toBeLessThanOrEqual(1n)
  expect(await findUnbonding(tenant, { account: address(tenant) })).toEqual([])
})

test('a monitored lease is paid by what a report says', async () => {
  const monitor = await joinTestMonitor(await market.client(9), market.governor)
  const {
    terms,
    leaseId: lease,
    end,
  } = await openLease({ uptimeBps: 9_900, verifier: market.book.contracts.eraReports })
  await market.skip(1800)
  const first = await monitor.report([{ kind: 'lease', lease, served: 1700 }])
  const { era } = first.report
  const half = await settleServedLease(tenant, { lease: terms, proven: { era, served: 1700, proof: first.proof(0) } })
  expect(half).toMatchObject({ resolved: false, settlement: { secondsPaid: 1700 } })
  await market.skip(end - first.report.coveredUntil)
  const last = await monitor.report([{ kind: 'lease', lease, served: 2000 }])
  const proven = { era: last.report.era, served: 2000, proof: last.proof(0) }
  expect(await settleServedLease(tenant, { lease: terms, proven })).toMatchObject({
    resolved: true,
    settlement: { secondsPaid: 2000 },
  })
})

test('what nobody claims comes back after the final grace', async () => {
  const { terms } = await openLease()
  await market.skip(3601)
  await releaseLease(tenant, { lease: terms })
  await market.skip(9000)
  expect((await finishLease(tenant, { lease: terms })).refunded).toBe(10_001n)
})
