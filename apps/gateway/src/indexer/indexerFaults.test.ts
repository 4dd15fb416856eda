import { createMarketClient, getChainTime, type MarketClient } from '@tender/sdk'
import { addTenant, startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../store/openStore.ts'
import { blocks, cursor, drafts, undo } from '../store/schema.ts'
import { describeStores } from '../testStores.ts'
import { dumpChainTables } from './testDump.ts'
import { type Following, follow, nextReorg } from './testFollow.ts'
import { startTestNode } from './testNode.ts'
import { readTruth } from './testTruth.ts'

let market: TestMarket
let client: MarketClient
beforeAll(async () => {
  market = await startTestMarket()
  client = await market.client(0)
  await addTenant(market, { account: 1, amount: 700n })
})
afterAll(() => market.stop())

async function expectTruth(of: MarketClient, store: Store): Promise<void> {
  const { chain, kept } = await readTruth(of, store)
  expect(kept).toEqual(chain)
}

describeStores('an indexer in trouble', (stores) => {
  const all: Following[] = []
  const begin: typeof follow = (...parameters) => {
    const following = follow(...parameters)
    all.push(following)
    return following
  }
  afterAll(() => Promise.all(all.map(({ stop }) => stop())))

  /** A store that knows the market up to its head, and that nobody fills any more. */
  async function filled(store: Store, options: Parameters<typeof follow>[2] = {}): Promise<Store> {
    const following = begin(client, store, options)
    await following.caughtUp()
    await following.stop()
    return store
  }

  test('final blocks are read many at a time, leave nothing to undo, and come to the same', async () => {
    const live = await filled(await stores.open(), { finalityDepth: 1_000 })
    const past = await filled(await stores.open(), { finalityDepth: 0 })
    expect(await dumpChainTables(past)).toEqual(await dumpChainTables(live))
    expect(await past.read((db) => db.select().from(undo))).toEqual([])
    expect(await past.read((db) => db.select().from(blocks))).toHaveLength(1)
    expect((await live.read((db) => db.select().from(undo))).length).toBeGreaterThan(0)
  })

  test('blocks that became final are forgotten', async () => {
    const store = await filled(await stores.open(), { finalityDepth: 1_000 })
    await market.cheat('anvil_mine', ['0x8'])
    await filled(store, { finalityDepth: 4 })
    const { block: head } = await getChainTime(client)
    const known = await store.read((db) => db.select({ block: blocks.block }).from(blocks).orderBy(blocks.block))
    expect(known.map(({ block }) => block)).toEqual([4, 3, 2, 1, 0].map((back) => head - back))
    const undoable = await store.read((db) => db.select({ block: undo.block }).from(undo))
    expect(undoable.filter(({ block }) => block <= head - 4)).toEqual([])
  })

  test('a restart in the middle goes on where it was', async () => {
    const place = await stores.place()
    await (await filled(await stores.open(place))).close()
    await addTenant(market, { account: 6, amount: 5n })
    const store = await filled(await stores.open(place))
    await expectTruth(client, store)
  })

  test('a node that refuses large ranges, or fails for a while, is asked for less, and again', async () => {
    const node = await startTestNode(market.chain.url, 7)
    const fragile = await createMarketClient({ rpcUrl: node.url, book: market.book, retries: 0, timeoutMs: 2_000 })
    const store = await stores.open()
    node.fail(true)
    const { indexer, caughtUp, stop } = begin(fragile, store, { finalityDepth: 0 })
    await expect
      .poll(() => indexer.status())
      .toMatchObject({ state: 'waiting', problem: expect.stringContaining('does not answer') })
    node.fail(false)
    await caughtUp()
    await expectTruth(client, store)
    expect(Math.max(...node.searched)).toBeGreaterThan(7)
    expect(indexer.status().failures).toBeGreaterThan(1)
    await stop()
    await node.stop()
  })

  test('a database of another market is refused and left alone', async () => {
    const store = await filled(await stores.open())
    const before = await dumpChainTables(store)
    const { orderBook, staking } = client.book.contracts
    const other = { ...client, book: { ...client.book, contracts: { ...client.book.contracts, orderBook: staking } } }
    await expect(begin(other, store).running).rejects.toMatchObject({
      code: 'otherMarket',
      class: 'conflict',
      data: { what: 'order book', kept: orderBook, given: staking },
      hint: expect.stringContaining('database'),
    })
    expect(await dumpChainTables(store)).toEqual(before)
  })

  test('a chain that was started anew is refused, or taken in place of the old one where that is wanted', async () => {
    const store = await filled(await stores.open())
    const draft = { account: '0x1', id: 'a', name: '', content: '', createdAt: 1, updatedAt: 1 } as const
    await store.write(({ tx }) => tx.insert(drafts).values(draft))
    const anew = await startTestMarket()
    const again = await anew.client(0)
    expect(again.book).toEqual(client.book)
    await expect(begin(again, store).running).rejects.toMatchObject({ code: 'otherChain', class: 'conflict' })
    await expectTruth(client, store)

    await addTenant(anew, { account: 4, amount: 3n })
    const { caughtUp, stop } = begin(again, store, { startOver: true })
    await caughtUp()
    await expectTruth(again, store)
    expect(await store.read((db) => db.select().from(drafts))).toEqual([draft])
    await stop()
    await anew.stop()
  })

  test('a chain that goes back further than can be undone is refused', async () => {
    const own = await startTestMarket()
    const reader = await own.client(0)
    const store = await stores.open()
    await own.cheat('anvil_mine', ['0x8'])
    const { caughtUp, running } = begin(reader, store, { finalityDepth: 4 })
    await caughtUp()
    const [before] = await store.read((db) => db.select().from(cursor))
    await own.cheat('anvil_reorg', [6, []])
    await expect(running).rejects.toMatchObject({ code: 'otherChain' })
    expect(await store.read((db) => db.select().from(cursor))).toEqual([before])
    await own.stop()
  })

  if (stores.kind === 'postgres') {
    test('a database that restarts is waited for, and nothing is lost or done twice', async () => {
      const store = await stores.open()
      const { caughtUp, stop } = begin(client, store, { finalityDepth: 1_000 })
      await caughtUp()
      await stores.restart()
      await addTenant(market, { account: 7, amount: 11n })
      await caughtUp()
      const snapshot = await market.cheat('evm_snapshot', [])
      await addTenant(market, { account: 8, amount: 13n })
      await caughtUp()
      const reorg = nextReorg(store)
      await stores.restart()
      await market.cheat('evm_revert', [snapshot])
      await reorg
      await expectTruth(client, store)
      await stop()
    })
  }
})
