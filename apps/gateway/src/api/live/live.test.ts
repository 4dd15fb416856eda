import { createApiClient, type LiveEvent } from '@tender/api'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NewChange } from '../../store/changeFeed.ts'
import type { Store } from '../../store/openStore.ts'
import * as schema from '../../store/schema.ts'
import { describeStores } from '../../testStores.ts'
import type { SampleBook } from '../sampleBook.ts'
import { filled, startsTestApis, type TestApi } from '../testApi.ts'
import { MAX_MISSED } from './liveHub.ts'

let market: TestMarket
beforeAll(async () => {
  market = await startTestMarket()
})
afterAll(() => market.stop())

const blockAt = (block: number): NewChange => ({
  type: 'block',
  tenant: null,
  provider: null,
  data: { block, hash: `0x${'ab'.repeat(32)}`, timestamp: 1_800_000_000 },
})
const tell = (store: Store, changes: readonly NewChange[]) =>
  store.write(async (writing) => {
    for (const change of changes) writing.tell(change)
  })

describeStores('live updates', (stores) => {
  const start = startsTestApis(() => market)
  let api: TestApi & { book: SampleBook }
  beforeAll(async () => {
    api = await filled(start, { store: await stores.open(), market, leases: 300, orders: 30 })
  })

  /** Listens until so many events came; `opened` once the stream is open. */
  function listen(count: number, parameters: Parameters<ReturnType<typeof createApiClient>['events']>[0] = {}) {
    const { promise: opened, resolve } = Promise.withResolvers<void>()
    const ending = new AbortController()
    const events = (async () => {
      const seen: LiveEvent[] = []
      const client = createApiClient({ baseUrl: api.url })
      const onState = (state: string) => state === 'open' && resolve()
      for await (const event of client.events({ signal: ending.signal, onState, ...parameters })) {
        seen.push(event)
        if (seen.length === count) break
      }
      ending.abort()
      return seen
    })()
    return { opened, events }
  }

  test('tell each thing as it is then, in order, to whom it concerns', async () => {
    const { lease, tenant, provider, order } = api.book
    const all = listen(4)
    const mine = listen(2, { topics: ['lease', 'order'], tenant })
    const others = listen(1, { topics: ['lease', 'block'], tenant: '0x0000000000000000000000000000000000000001' })
    await Promise.all([all.opened, mine.opened, others.opened])
    await api.store.write(async ({ tx, tell: say }) => {
      await tx.update(schema.leases).set({ refunded: 77n }).where(eq(schema.leases.id, lease))
      const whom = { tenant, provider: BigInt(provider) }
      say({ type: 'order', tenant, provider: null, data: { hash: order, event: 'seen' } })
      say({ type: 'match', ...whom, data: { lease, order } })
      say({ type: 'lease', ...whom, data: { lease, event: 'LeaseEnded' } })
      say(blockAt(9))
    })
    const seen = await all.events
    expect(seen.map(({ topic }) => topic)).toEqual(['order', 'match', 'lease', 'block'])
    expect(seen).toMatchObject([
      { data: { hash: order } },
      { data: { lease } },
      { data: { id: lease, refunded: 77n } },
      { data: { number: 9 } },
    ])
    expect((await mine.events).map(({ topic }) => topic)).toEqual(['order', 'lease'])
    expect((await others.events).map(({ topic }) => topic)).toEqual(['block'])
  })

  test('who was told of a change does not read what was before it', async () => {
    const client = createApiClient({ baseUrl: api.url })
    const { lease } = api.book
    for (const refunded of [11n, 12n, 13n]) {
      await client.getLease({ id: lease })
      const heard = listen(1, { topics: ['lease'] })
      await heard.opened
      await api.store.write(async ({ tx, tell: say }) => {
        await tx.update(schema.leases).set({ refunded }).where(eq(schema.leases.id, lease))
        say({ type: 'lease', tenant: null, provider: null, data: { lease, event: 'LeaseResolved' } })
      })
      await heard.events
      expect((await client.getLease({ id: lease })).refunded).toBe(refunded)
    }
  })

  test('go on after the last one that was seen, nothing twice and nothing lost', async () => {
    const first = listen(1)
    await first.opened
    await tell(api.store, [blockAt(20)])
    const [seen] = await first.events
    await tell(api.store, [blockAt(21), blockAt(22)])
    const again = listen(3, { lastEventId: seen?.id })
    await again.opened
    await tell(api.store, [blockAt(23)])
    expect((await again.events).map((event) => event.topic === 'block' && event.data.number)).toEqual([21, 22, 23])
  })

  test('who missed too much, or a reorganisation, is told to read anew', async () => {
    const first = listen(1)
    await first.opened
    await tell(api.store, [blockAt(30)])
    const [seen] = await first.events
    await tell(
      api.store,
      Array.from({ length: MAX_MISSED + 1 }, (_, index) => blockAt(31 + index)),
    )
    const late = listen(1, { lastEventId: seen?.id })
    expect(await late.events).toMatchObject([{ topic: 'reset', data: { reason: 'tooOld' } }])
    const now = listen(1, { topics: ['era'] })
    await now.opened
    await tell(api.store, [{ type: 'reorg', tenant: null, provider: null, data: { fromBlock: 5 } }])
    expect(await now.events).toMatchObject([{ topic: 'reset', data: { reason: 'reorg' } }])
  })

  test('who saw more than there is, of a database before this one, is told to read anew, and then what comes', async () => {
    const later = listen(2, { lastEventId: '900000000' })
    await later.opened
    await tell(api.store, [blockAt(50)])
    expect(await later.events).toMatchObject([
      { topic: 'reset', data: { reason: 'tooOld' } },
      { topic: 'block', data: { number: 50 } },
    ])
  })

  test('go on for others when one that comes back leaves at once', async () => {
    const others = listen(1)
    await others.opened
    for (let times = 0; times < 20; times++) {
      const leaving = new AbortController()
      await fetch(`${api.url}/v1/events`, { headers: { 'last-event-id': '1' }, signal: leaving.signal })
      leaving.abort()
    }
    await tell(api.store, [blockAt(60)])
    expect(await others.events).toMatchObject([{ data: { number: 60 } }])
  })

  test('have room for so many listeners of one address', async () => {
    const small = await start(api.store, { limits: { listenersOfAddress: 2 } })
    const ending = new AbortController()
    const open = () => fetch(`${small.url}/v1/events`, { signal: ending.signal })
    const streams = [await open(), await open()]
    expect(streams.map(({ status }) => status)).toEqual([200, 200])
    const refused = await open()
    expect(await refused.json()).toMatchObject({ status: 429, code: 'tooManyListeners' })
    ending.abort()
  })

  if (stores.kind === 'postgres') {
    test('and all that is read go on when the database’s connections are cut while it is asked', async () => {
      const place = await stores.place()
      const store = await stores.open(place)
      const served = await filled(start, { store, market, leases: 300, orders: 30 })
      const client = createApiClient({ baseUrl: served.url })
      const asking = new AbortController()
      const statuses = new Set<number>()
      const readers = Array.from({ length: 4 }, async (_, reader) => {
        for (let count = 0; !asking.signal.aborted; count++) {
          // A limit that nobody asked for before: no answer that is kept is given.
          const { status } = await served.get(`/v1/leases?limit=${1 + ((reader * 25 + count) % 100)}`)
          statuses.add(status)
        }
      })
      for (let times = 0; times < 3; times++) {
        await expect.poll(() => statuses.has(200)).toBe(true)
        statuses.delete(200)
        expect(await stores.cut(place)).toBeGreaterThan(0)
      }
      await expect.poll(() => statuses.has(200)).toBe(true)
      asking.abort()
      await Promise.all(readers)
      // A reader whose connection went says so, and nothing worse.
      expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([])

      const hearing = client.events({ signal: AbortSignal.timeout(60_000), onState: () => opened.resolve() })
      const opened = Promise.withResolvers<void>()
      const first = hearing[Symbol.asyncIterator]().next()
      await opened.promise
      await tell(store, [blockAt(40)])
      expect(await first).toMatchObject({ value: { topic: 'block', data: { number: 40 } } })
    })
  }
})
