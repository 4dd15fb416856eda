import { QueryClient, QueryObserver } from '@tanstack/react-query'
import type { Lease, LiveEvent, Market, Match } from '@tender/api'
import { describe, expect, test } from 'vitest'
import { applyLiveEvent, catchUp, type Pages } from './applyLiveEvent.ts'
import { keys } from './keys.ts'

const hash = (digit: number): `0x${string}` => `0x${String(digit).repeat(64)}`
const address = (digit: number): `0x${string}` => `0x${String(digit).repeat(40)}`

const match = (lease: number, name = 'cu'): Match => ({
  lease: hash(lease),
  order: hash(1),
  offer: hash(2),
  class: name,
  tenant: address(3),
  provider: '7',
  asset: address(4),
  tier: 'standard',
  units: 1,
  price: 19_000n,
  kind: 'service',
  durationSeconds: 3_600,
  at: 1_000,
  tx: hash(5),
  block: 1,
})

const pagesOf = <Item>(...pages: Item[][]): Pages<Item> => ({
  pages: pages.map((items) => ({ items, next: null })),
  pageParams: pages.map(() => undefined),
})

const leasesIn = (client: QueryClient, filter: Record<string, unknown>) =>
  client.getQueryData<Pages<Match>>(keys.matches(filter))?.pages.map((page) => page.items.map(({ lease }) => lease))

describe('applyLiveEvent', () => {
  test('a match appears at the top of the lists that it belongs to, once', () => {
    const client = new QueryClient()
    client.setQueryData(keys.matches({}), pagesOf([match(1)], [match(2)]))
    client.setQueryData(keys.matches({ class: 'gpu.x.y' }), pagesOf<Match>([]))
    client.setQueryData(keys.matches({ tenant: address(3).toUpperCase().replace('0X', '0x') }), pagesOf<Match>([]))
    const event: LiveEvent = { topic: 'match', id: '1', data: match(3) }
    applyLiveEvent(client, event)
    const stale = applyLiveEvent(client, event)
    expect(leasesIn(client, {})).toEqual([[hash(3), hash(1)], [hash(2)]])
    expect(leasesIn(client, { class: 'gpu.x.y' })).toEqual([[]])
    expect(leasesIn(client, { tenant: address(3) })).toEqual([[hash(3)]])
    expect(stale).toContainEqual(keys.classes())
    expect(stale).toContainEqual(['candles', 'cu'])
  })

  test('a list that is being read meanwhile is read again: what comes may be older', async () => {
    const client = new QueryClient()
    const [reading, { promise, resolve }] = [keys.matches({}), Promise.withResolvers<Pages<Match>>()]
    void client.prefetchQuery({ queryKey: reading, queryFn: () => promise })
    const event: LiveEvent = { topic: 'match', id: '1', data: match(3) }
    expect(applyLiveEvent(client, event)).toContainEqual(reading)
    resolve(pagesOf([match(1)]))
    await expect.poll(() => leasesIn(client, {})).toEqual([[hash(1)]])
    expect(applyLiveEvent(client, event)).not.toContainEqual(reading)
  })

  test('a lease that no longer runs leaves the list of running ones, and changes in the list of all', () => {
    const client = new QueryClient()
    // CAST: the fields that lists look at
    const lease = { id: hash(1), class: 'cu', provider: '7', tenant: address(3), state: 'running' } as Lease
    client.setQueryData(keys.leases({ state: 'running' }), pagesOf([lease]))
    client.setQueryData(keys.leases({}), pagesOf([lease]))
    const stale = applyLiveEvent(client, { topic: 'lease', id: '1', data: { ...lease, state: 'ended' } })
    expect(client.getQueryData<Pages<Lease>>(keys.leases({ state: 'running' }))?.pages[0]?.items).toEqual([])
    expect(client.getQueryData<Pages<Lease>>(keys.leases({}))?.pages[0]?.items[0]?.state).toBe('ended')
    expect(stale).toContainEqual(keys.lease(hash(1)))
  })

  test('a block moves what was read on, and the head never back', () => {
    const client = new QueryClient()
    // CAST: the fields that blocks change
    const market = { chainId: 31_337, head: { block: 90, timestamp: 900 }, indexed: null } as Market
    client.setQueryData(keys.market(), market)
    const blockAt = (number: number) => ({ number, hash: hash(1), timestamp: number * 10 })
    applyLiveEvent(client, { topic: 'block', id: '1', data: blockAt(50) })
    expect(client.getQueryData<Market>(keys.market())).toMatchObject({ indexed: { block: 50 }, head: { block: 90 } })
    applyLiveEvent(client, { topic: 'block', id: '2', data: blockAt(91) })
    expect(client.getQueryData<Market>(keys.market())).toMatchObject({ indexed: { block: 91 }, head: { block: 91 } })
  })

  test('a block makes no market of nothing, and a reset makes everything stale', () => {
    const client = new QueryClient()
    applyLiveEvent(client, { topic: 'block', id: '1', data: { number: 1, hash: hash(1), timestamp: 1 } })
    expect(client.getQueryData(keys.market())).toBeUndefined()
    expect(applyLiveEvent(client, { topic: 'reset', id: '2', data: { reason: 'reorg' } })).toEqual([[]])
  })
})

describe('catchUp', () => {
  test('what failed is read again; all that was read, where no event was heard before', async () => {
    const client = new QueryClient()
    const reads = { good: 0, bad: 0 }
    const stops = (['good', 'bad'] as const).map((name) => {
      const queryFn = async () => {
        reads[name] += 1
        if (name === 'bad' && reads.bad === 1) throw new Error('the gateway is gone')
        return name
      }
      return new QueryObserver(client, { queryKey: [name], queryFn, retry: false }).subscribe(() => {})
    })
    await expect.poll(() => client.isFetching()).toBe(0)
    await catchUp(client, true)
    expect(reads).toEqual({ good: 1, bad: 2 })
    await catchUp(client, true)
    expect(reads).toEqual({ good: 1, bad: 2 })
    await catchUp(client, false)
    expect(reads).toEqual({ good: 2, bad: 3 })
    for (const stop of stops) stop()
  })
})
