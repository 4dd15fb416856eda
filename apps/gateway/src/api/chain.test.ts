import { createApiClient, eachItem, type LiveEvent } from '@tender/api'
import { kinds } from '@tender/protocol'
import { getBalance, getChainTime, getLease, getProvider, type MarketClient } from '@tender/sdk'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import type { Address } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { follow } from '../indexer/testFollow.ts'
import { type Scenario, startScenario } from '../indexer/testScenario.ts'
import { openStore, type Store } from '../store/openStore.ts'
import { startsTestApis, type TestApi } from './testApi.ts'

let market: TestMarket
let client: MarketClient
let store: Store
let scenario: Scenario
let following: ReturnType<typeof follow>
let api: TestApi
let now: number
const start = startsTestApis(() => market)

beforeAll(async () => {
  market = await startTestMarket()
  client = await market.client(0)
  store = await openStore()
  scenario = await startScenario(market, 11)
  following = follow(client, store, { finalityDepth: 1_000 })
  api = await start(store, { now: () => now })
})
afterAll(async () => {
  await following.stop()
  await store.close()
  await market.stop()
})

const states = { running: 'running', ending: 'ending', over: 'ended', resolved: 'ended' } as const

test('what the API says of a market in which everything happens is what its contracts say', async () => {
  const asking = createApiClient({ baseUrl: api.url })
  const ending = new AbortController()
  const { promise: opened, resolve } = Promise.withResolvers<void>()
  const heard: LiveEvent[] = []
  const listening = (async () => {
    for await (const event of asking.events({ signal: ending.signal, onState: () => resolve() })) heard.push(event)
  })()
  await opened
  now = (await getChainTime(client)).timestamp
  await scenario.play()
  await following.caughtUp()
  now = (await getChainTime(client)).timestamp

  const tenants = new Set<Address>()
  const transactions = new Set<`0x${string}`>()
  let leases = 0
  for await (const lease of eachItem(asking.listLeases, { limit: 7 })) {
    leases++
    tenants.add(lease.tenant)
    transactions.add(lease.tx)
    const { terms, status, end, closedAt, secondsPaid, held, ...told } = await getLease(client, { lease: lease.id })
    const stop = terms.kind === kinds.job ? closedAt : told.stop
    expect({ ...lease, provider: BigInt(lease.provider) }).toMatchObject({
      state: status === 'resolved' ? (told.stop > now ? lease.state : 'ended') : states[status],
      ...{
        end,
        stop: stop ?? null,
        secondsPaid,
        held,
        rate: terms.rate,
        tenant: terms.tenant,
        provider: terms.provider,
      },
    })
    const { events, eras: _, ...detail } = await asking.getLease({ id: lease.id })
    expect(detail).toEqual(lease)
    const sum = (kinds: string[]) =>
      events.reduce(
        (all, { kind, amount, fee }) => (kinds.includes(kind) ? all + (amount ?? 0n) + (fee ?? 0n) : all),
        0n,
      )
    expect(sum(['opened', 'extended'])).toBe(lease.deposited)
    expect(sum(['settled'])).toBe(lease.paid + lease.fee)
    expect(sum(['ended', 'resolved'])).toBe(lease.refunded)
  }
  expect(leases).toBeGreaterThan(3)

  for await (const provider of eachItem(asking.listProviders, {})) {
    const told = await getProvider(client, { provider: BigInt(provider.id) })
    const { owner, operator = null, payout, status: state, level, score, country, collateralised } = told
    expect(provider).toMatchObject({ owner, operator, payout, state, level, score, country, collateralised })
  }
  for (const address of tenants) {
    const { balances } = await asking.getAccount({ address })
    for (const { asset, available } of balances) {
      expect(available).toBe((await getBalance(client, { account: address, asset })).deposited)
    }
    let escrow = 0n
    for await (const { ledger, amount } of eachItem(asking.listMovements, { address })) {
      if (ledger === 'escrow') escrow += amount
    }
    expect(escrow).toBe(balances[0]?.available)
  }
  for (const hash of transactions) {
    const { events, block } = await asking.getTransaction({ hash })
    expect([events.some(({ name }) => name === 'LeaseOpened'), block > 0]).toEqual([true, true])
  }

  ending.abort()
  await listening
  const topics = new Set(heard.map(({ topic }) => topic))
  expect([...topics]).toEqual(expect.arrayContaining(['match', 'lease', 'job', 'block', 'provider']))
})
