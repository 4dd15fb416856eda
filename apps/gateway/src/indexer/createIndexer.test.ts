import { createLog } from '@tender/kit'
import { getChainTime, type MarketClient } from '@tender/sdk'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { afterAll, expect, test } from 'vitest'
import type { Store } from '../store/openStore.ts'
import { events } from '../store/schema.ts'
import { describeStores } from '../testStores.ts'
import { createIndexer, type Indexer } from './createIndexer.ts'
import { startScenario } from './testScenario.ts'
import { readTruth } from './testTruth.ts'

const log = createLog({ name: 'test', level: 'error' })
const markets: TestMarket[] = []
const stopping: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const stop of stopping) await stop()
  await Promise.all(markets.map(({ stop }) => stop()))
})

async function newMarket(): Promise<TestMarket> {
  const market = await startTestMarket()
  markets.push(market)
  return market
}

type Following = { indexer: Indexer; caughtUp(): Promise<void>; stop(): Promise<void> }

function follow(
  client: MarketClient,
  store: Store,
  options: { finalityDepth?: number; startOver?: boolean } = {},
): Following {
  const aborting = new AbortController()
  const indexer = createIndexer({ client, store, log, ...options })
  const running = indexer.run(aborting.signal)
  running.catch(() => {}) // a test that expects a refusal awaits it itself
  const stop = async () => {
    aborting.abort()
    await running
  }
  stopping.push(() => stop().catch(() => {}))
  const caughtUp = async () => {
    const { block } = await getChainTime(client)
    await Promise.race([indexer.reached(block, AbortSignal.timeout(60_000)), running])
  }
  return { indexer, caughtUp, stop }
}

describeStores('the indexer', (stores) => {
  test('everything it keeps is what the contracts say, whatever happens, also when blocks are taken back', async () => {
    const market = await newMarket()
    const client = await market.client(0)
    const scenario = await startScenario(market, 7)
    const store = await stores.open()
    const { caughtUp } = follow(client, store)
    for (let round = 0; round < 4; round++) {
      await scenario.play()
      await caughtUp()
      const { chain, kept } = await readTruth(client, store)
      expect(kept).toEqual(chain)
    }
    console.log(JSON.stringify(Object.fromEntries(scenario.done)))
    const names = await store.read((db) => db.selectDistinct({ name: events.name }).from(events))
    console.log(
      names
        .map(({ name }) => name)
        .sort()
        .join(' '),
    )
  })
})
