import { createApiClient, eachItem, type Route, type RouteName, routes } from '@tender/api'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeStores } from '../testStores.ts'
import type { SampleBook } from './sampleBook.ts'
import { filled, startsTestApis, type TestApi } from './testApi.ts'

let market: TestMarket
beforeAll(async () => {
  market = await startTestMarket()
})
afterAll(() => market.stop())

describeStores('what is read', (stores) => {
  const start = startsTestApis(() => market)
  let api: TestApi & { book: SampleBook }
  beforeAll(async () => {
    api = await filled(start, { store: await stores.open(), market })
  })
  const client = () => createApiClient({ baseUrl: api.url })

  test('every route that anyone may ask answers what its schema says', async () => {
    const { lease, job, order, tenant, provider } = api.book
    const params: Record<string, string> = { name: 'cu', address: tenant, era: '7' }
    const ids: Partial<Record<RouteName, string>> = {
      getLease: lease,
      getJob: job,
      getOrder: order,
      getTransaction: `0x0a${(2_000 * 4).toString(16).padStart(62, '0')}`,
    }
    const asked: string[] = []
    for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) {
      if (route.method !== 'GET' || route.access !== 'public' || /proof|embedded|nonce/.test(route.path)) continue
      const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) => ids[name] ?? params[key] ?? provider)
      const response = await api.get(path)
      const body: unknown = await response.json()
      expect([name, response.status, route.response.safeParse(body).error?.issues]).toEqual([name, 200, undefined])
      asked.push(name)
    }
    expect(asked.length).toBeGreaterThan(18)
  })

  test('a list is walked from end to end, each thing once, in order', async () => {
    const seen: string[] = []
    for await (const { id } of eachItem(client().listLeases, { limit: 97 })) seen.push(id)
    expect(seen).toHaveLength(2_000)
    expect(new Set(seen).size).toBe(2_000)
    expect(seen[0]).toBe(api.book.lease)
    expect(seen).toEqual(seen.toSorted().reverse())
  })

  test('filters hold, and say together what nobody said alone', async () => {
    const { tenant, provider, now } = api.book
    const { items } = await client().listLeases({ tenant, state: 'ended', limit: 100 })
    expect(items.length).toBeGreaterThan(2)
    expect(items.every((one) => one.tenant === tenant && one.state === 'ended' && (one.stop ?? 0) <= now)).toBe(true)
    const states = await Promise.all(
      (['running', 'ending', 'ended'] as const).map(async (state) => {
        let count = 0
        for await (const one of eachItem(client().listLeases, { state, limit: 100 }))
          count += Number(one.state === state)
        return count
      }),
    )
    expect(states).toEqual([20, 0, 1_980])
    const matches = await client().listMatches({ provider, class: 'cu' })
    expect(matches.items.every((one) => one.provider === provider)).toBe(true)
    const good = await client().listProviders({ country: 'DE', level: 2, state: 'active', limit: 100 })
    expect(good.items.length).toBeGreaterThan(0)
    expect(good.items.every((one) => one.country === 'DE' && one.level <= 2 && one.state === 'active')).toBe(true)
    expect((await client().listOrders({ state: 'expired', limit: 100 })).items).toHaveLength(30)
    expect((await client().listOrders({ state: 'open', limit: 100 })).items).toHaveLength(100)
  })

  test('what belongs together adds up', async () => {
    const { lease, tenant, provider } = api.book
    const found = await client().getLease({ id: lease })
    expect(found.deposited).toBe(found.paid + found.fee + found.refunded + found.held)
    expect(found.rate).toBe(found.price * BigInt(found.units))
    expect(found.events).toMatchObject([{ kind: 'opened', amount: found.deposited, tx: found.tx }])
    const account = await client().getAccount({ address: tenant })
    const [balance] = account.balances
    let held = 0n
    for await (const one of eachItem(client().listLeases, { tenant })) held += one.held
    expect(balance?.leased).toBe(held)
    const told = await client().getProvider({ id: provider })
    const [, before] = (await client().listProviderEras({ id: provider })).items
    expect([told.inputsEra, before?.eraRewards]).toEqual([api.book.eras, 1000n])
    const depth = await client().getDepth({ name: 'cu' })
    expect(depth.demand.reduce((sum, step) => sum + step.orders, 0)).toBe(300)
    expect(depth.demand.map(({ price }) => price)).toEqual(
      depth.demand.map(({ price }) => price).toSorted((a, b) => Number(b - a)),
    )
  })

  test('the reference price is the median of the last hundred matches of a day', async () => {
    const { prices } = await client().getClass({ name: 'cu' })
    const latest = (await client().listMatches({ class: 'cu', limit: 100 })).items.map(({ price }) => price)
    const median = latest.toSorted((a, b) => Number(a - b))[49]
    expect(prices).toMatchObject([{ reference: median, matches: 100, last: { price: latest[0] } }])
    const { items } = await client().getPrices({ name: 'cu', interval: 'hour' })
    expect(items.reduce((sum, { matches }) => sum + matches, 0)).toBe(2_000)
    expect(items.every(({ low, median, high }) => low <= median && median <= high)).toBe(true)
  })

  test('what is unknown is a problem that says so', async () => {
    const none = `0x${'ab'.repeat(32)}`
    const cases = [
      [`/v1/leases/${none}`, 'unknownLease'],
      [`/v1/orders/${none}`, 'unknownOrder'],
      ['/v1/providers/999999', 'unknownProvider'],
      ['/v1/eras/9999', 'unknownEra'],
      ['/v1/classes/nothing', 'unknownClass'],
      [`/v1/transactions/${none}`, 'unknownTransaction'],
      ['/v1/embedded/accounts', 'notEmbedded'],
      ['/v1/nothing', 'unknownPath'],
      ['/nothing.js', 'unknownPath'],
    ]
    for (const [path, code] of cases) {
      const response = await api.get(path ?? '')
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(await response.json()).toMatchObject({ status: 404, code })
    }
  })

  test('what did not change is not sent again', async () => {
    const first = await api.get('/v1/leases?limit=3')
    const etag = first.headers.get('etag') ?? ''
    const again = await api.get('/v1/leases?limit=3', { 'if-none-match': etag })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect((await api.get('/v1/leases?limit=4', { 'if-none-match': etag })).status).toBe(200)
  })

  test('the history of an account as a file has all of its movements', async () => {
    const { tenant } = api.book
    const response = await api.get(`/v1/accounts/${tenant}/history?format=csv`)
    expect(response.headers.get('content-disposition')).toContain('attachment')
    const [head, ...lines] = (await response.text()).trim().split('\r\n')
    const all: bigint[] = []
    for await (const one of eachItem(client().listMovements, { address: tenant })) all.push(one.amount)
    const column = head?.split(',').indexOf('amount') ?? -1
    expect(lines.map((line) => BigInt(line.split(',')[column] ?? ''))).toEqual(all)
  })
})

describe('with an empty database', () => {
  describeStores('everything is there, only empty', (stores) => {
    const start = startsTestApis(() => market)
    test('lists have no items, the market is not read yet', async () => {
      const api = await start(await stores.open())
      const client = createApiClient({ baseUrl: api.url })
      for (const path of ['leases', 'orders', 'matches', 'providers', 'eras', 'monitors', 'classes']) {
        expect(await (await api.get(`/v1/${path}`)).json()).toMatchObject({ items: [] })
      }
      expect(await client.getMarket()).toMatchObject({ indexed: null, chainId: 31_337, embedded: false })
      expect((await api.get('/healthz')).status).toBe(200)
      expect(await (await api.get('/readyz')).json()).toMatchObject({ status: 503, code: 'notReady' })
    })
  })
})
