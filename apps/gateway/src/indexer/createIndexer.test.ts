import { getChainTime, type MarketClient } from '@tender/sdk'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../store/openStore.ts'
import { events } from '../store/schema.ts'
import { describeStores } from '../testStores.ts'
import { dumpChainTables } from './testDump.ts'
import { type Following, follow, nextReorg } from './testFollow.ts'
import { type Scenario, startScenario } from './testScenario.ts'
import { readTruth } from './testTruth.ts'

const stopping: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const stop of stopping.reverse()) await stop()
})

async function expectTruth(client: MarketClient, store: Store): Promise<void> {
  const { chain, kept } = await readTruth(client, store)
  expect(kept).toEqual(chain)
}

const moving = [
  ...['Deposited', 'Withdrawn', 'Reserved', 'Unreserved', 'OrderPosted', 'BidKept', 'BidEvicted', 'OrderAwarded'],
  ...[
    'LeaseOpened',
    'LeaseExtended',
    'LeaseEnded',
    'LeaseSettled',
    'LeaseResolved',
    'LeaseReleased',
    'FallbackEntered',
    'JobCharged',
    'Given',
  ],
  ...['Committed', 'Penalised', 'Staked', 'UnstakeRequested', 'Unstaked', 'Locked', 'Unlocked', 'Slashed', 'Credited'],
  ...['GenerationEnded', 'CollateralisedChanged', 'ReportPosted', 'CreditApplied', 'ProviderSlashed', 'MonitorSlashed'],
  ...['ProviderPaid', 'MonitorPaid', 'DisputeOpened', 'DisputeResolved', 'Equivocated', 'TrustUpdated', 'Transfer'],
]

describeStores('the indexer', (stores) => {
  let market: TestMarket
  let client: MarketClient
  let scenario: Scenario
  let store: Store
  let following: Following

  beforeAll(async () => {
    market = await startTestMarket()
    stopping.push(market.stop)
    client = await market.client(0)
    scenario = await startScenario(market, 7)
    store = await stores.open()
    following = follow(client, store, { finalityDepth: 1_000 })
    stopping.push(following.stop)
  })

  test('what it keeps is what the contracts say, whatever happens', async () => {
    for (let round = 0; round < 2; round++) {
      await scenario.play()
      await following.caughtUp()
      await expectTruth(client, store)
    }
  })

  test('blocks that the chain takes back are undone exactly, and what happened instead is kept', async () => {
    const before = await dumpChainTables(store)
    const { block } = await getChainTime(client)
    const snapshot = await market.cheat('evm_snapshot', [])
    await scenario.play()
    await following.caughtUp()
    expect(await dumpChainTables(store)).not.toEqual(before)
    const reorg = nextReorg(store)
    await market.cheat('evm_revert', [snapshot])
    expect((await reorg).data).toEqual({ fromBlock: block + 1 })
    expect(await dumpChainTables(store)).toEqual(before)
    await scenario.play()
    await following.caughtUp()
    await expectTruth(client, store)
  })

  test('a reorganisation that leaves the chain as long is found too', async () => {
    const { block } = await getChainTime(client)
    const reorg = nextReorg(store)
    await market.cheat('anvil_reorg', [5, []])
    expect((await reorg).data).toEqual({ fromBlock: block - 4 })
    await market.skip(1)
    await following.caughtUp()
    await expectTruth(client, store)
  })

  test('all that moves money, units or stake was among it, to the ruin of a provider and a monitor', async () => {
    await scenario.ruin()
    await following.caughtUp()
    await expectTruth(client, store)
    const rows = await store.read((db) => db.selectDistinct({ name: events.name }).from(events))
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(moving))
  })
})
