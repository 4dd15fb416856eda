import { createLog } from '@tender/kit'
import { UnreachableError } from '@tender/protocol'
import { asc } from 'drizzle-orm'
import { zeroAddress, zeroHash } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import type { Store } from '../store/openStore.ts'
import { cancellations, orders } from '../store/schema.ts'
import { describeStores } from '../testStores.ts'
import { createOrderKeeper, MOST_WAITING, type OrderKeeper } from './keepOrders.ts'
import { hashOf, seenOrder } from './testEnvelopes.ts'

const log = createLog({ name: 'test', level: 'silent' })

/** Runs a keeper until told to stop. */
function running(keeper: OrderKeeper): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const done = keeper.run(stopping.signal)
  onTestFinished(() => stopping.abort())
  return {
    stop() {
      stopping.abort()
      return done
    },
  }
}

const rows = (store: Store) =>
  store.read((db) =>
    db
      .select({ hash: orders.hash, position: orders.position, cancelledBlock: orders.cancelledBlock })
      .from(orders)
      .orderBy(asc(orders.position)),
  )

describeStores('orders that are seen', (stores) => {
  test('are written once each, in order, and told; also over a restart', async () => {
    const place = await stores.place()
    const store = await stores.open(place)
    const heard: unknown[] = []
    store.onChange(({ type, tenant, data }) => heard.push([type, tenant, data.hash, data.event]))
    const keeper = createOrderKeeper(store, log)
    const run = running(keeper)
    for (const number of [1, 2, 1]) keeper.seen(seenOrder(number))
    await run.stop()
    await store.close()
    const { tenant } = seenOrder(1).envelope.order
    expect(heard).toEqual([1, 2].map((number) => ['order', tenant, hashOf(number), 'seen']))

    const again = await stores.open(place)
    const anew = createOrderKeeper(again, log)
    const second = running(anew)
    for (const number of [2, 3]) anew.seen(seenOrder(number))
    await second.stop()
    expect(await rows(again)).toMatchObject([1, 2, 3].map((number) => ({ hash: hashOf(number), position: number })))
    const [kept] = await again.read((db) => db.select().from(orders).limit(1))
    expect(JSON.parse(kept?.envelope ?? '')).toMatchObject({ order: { maxPrice: '20000', nonce: '1' } })
  })

  test('that the chain knew before are what became of them', async () => {
    const store = await stores.open()
    await store.write(({ tx }) =>
      tx.insert(cancellations).values({
        ...{ position: 1, block: 41, tx: zeroHash, at: 1 },
        ...{ order: hashOf(5), tenant: zeroAddress, nonce: 5n },
      }),
    )
    const keeper = createOrderKeeper(store, log)
    for (const number of [5, 6]) keeper.seen(seenOrder(number))
    await running(keeper).stop()
    expect(await rows(store)).toMatchObject([{ cancelledBlock: 41 }, { cancelledBlock: null }])
  })

  test('in a flood take no more memory than is allowed: what comes above is dropped', async () => {
    const store = await stores.open()
    const keeper = createOrderKeeper(store, log)
    for (let number = 1; number <= MOST_WAITING + 500; number++) keeper.seen(seenOrder(number))
    await running(keeper).stop()
    const all = await rows(store)
    expect(all).toHaveLength(MOST_WAITING)
    expect(all.at(-1)?.hash).toBe(hashOf(MOST_WAITING))
  })

  test('wait while the database is away', async () => {
    const store = await stores.open()
    let tries = 0
    const { promise: failed, resolve } = Promise.withResolvers<void>()
    const fragile: Store = {
      ...store,
      write(work) {
        tries += 1
        if (tries > 1) return store.write(work)
        resolve()
        return Promise.reject(new UnreachableError('away', { code: 'databaseUnreachable' }))
      },
    }
    const keeper = createOrderKeeper(fragile, log)
    const run = running(keeper)
    keeper.seen(seenOrder(1))
    await failed
    keeper.seen(seenOrder(2))
    await expect.poll(() => rows(store), { timeout: 30_000 }).toHaveLength(2)
    await run.stop()
  })
})
