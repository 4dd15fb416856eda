import { expect, test } from 'vitest'
import { describeStores } from '../../testStores.ts'
import type { Store } from '../openStore.ts'
import { matches } from '../schema.ts'
import { readCandles, readLastPrice, readReferencePrice } from './prices.ts'

const asset = `0x${'a5'.repeat(20)}` as const
const hash = `0x${'11'.repeat(32)}` as const
const trade = { resource: 'cu', asset }
const DAY = 86_400
/** Midnight. */
const start = 20_000 * DAY

function matchOf(position: number, at: number, price: bigint, over: { resource?: string; units?: number } = {}) {
  const whole = {
    position,
    block: position,
    tx: hash,
    at,
    lease: hash,
    order: hash,
    tenant: asset,
    provider: 1n,
    asset,
  }
  return { ...whole, resource: 'cu', units: 1, price, duration: 3600, ...over }
}

async function storeWith(opened: Promise<Store>, rows: ReturnType<typeof matchOf>[]): Promise<Store> {
  const store = await opened
  if (rows.length > 0) await store.write(({ tx }) => tx.insert(matches).values(rows))
  return store
}

describeStores('prices', (stores) => {
  test('candles are made of actual matches, by hour and day', async () => {
    const store = await storeWith(stores.open(), [
      matchOf(1, start - 1, 999n),
      matchOf(2, start + 10, 50n, { units: 2 }),
      matchOf(3, start + 20, 20n),
      matchOf(4, start + 20, 90n),
      matchOf(5, start + 30, 40n, { units: 5 }),
      matchOf(6, start + 3600, 10n ** 40n),
      matchOf(7, start + 40, 1n, { resource: 'gpu' }),
    ])
    const first = { from: start, first: 50n, low: 20n, median: 40n, high: 90n, last: 40n, units: 9, matches: 4 }
    const huge = 10n ** 40n
    const second = {
      from: start + 3600,
      first: huge,
      low: huge,
      median: huge,
      high: huge,
      last: huge,
      units: 1,
      matches: 1,
    }
    expect(await store.read((db) => readCandles(db, { ...trade, interval: 'hour', from: start + 5 }))).toEqual([
      first,
      second,
    ])
    const day = { ...first, median: 50n, high: huge, last: huge, units: 10, matches: 5 }
    expect(await store.read((db) => readCandles(db, { ...trade, interval: 'day', from: start }))).toEqual([day])
    expect(await store.read((db) => readLastPrice(db, trade))).toEqual({
      price: huge,
      at: start + 3600,
      tx: hash,
      block: 6,
    })
  })

  test('the reference price is the median of the last hundred matches, or of a busier day', async () => {
    const quiet = Array.from({ length: 150 }, (_, i) => matchOf(i, start + i * DAY, BigInt(i)))
    const store = await storeWith(stores.open(), quiet)
    const now = start + 150 * DAY + 1
    const read = () => store.read((db) => readReferencePrice(db, { ...trade, now }))
    expect(await read()).toEqual({ price: 99n, matches: 100, from: start + 50 * DAY })
    const busy = Array.from({ length: 201 }, (_, i) => matchOf(1_000 + i, now - 60 + (i % 60), 7_000n))
    await store.write(({ tx }) => tx.insert(matches).values(busy))
    expect(await read()).toEqual({ price: 7_000n, matches: 201, from: now - 60 })
  })

  test('without a match there is no price', async () => {
    const store = await storeWith(stores.open(), [])
    expect(await store.read((db) => readReferencePrice(db, { ...trade, now: start }))).toBeUndefined()
    expect(await store.read((db) => readLastPrice(db, trade))).toBeUndefined()
    expect(await store.read((db) => readCandles(db, { ...trade, interval: 'hour', from: 0 }))).toEqual([])
  })
})
