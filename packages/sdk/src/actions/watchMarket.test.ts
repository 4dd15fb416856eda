import { afterAll, beforeEach, expect, test } from 'vitest'
import { addTenant, startTestMarket, type TestMarket, testAccount } from '../testMarket.ts'
import { deposit } from './deposit.ts'
import { mintTestDollars } from './mintTestDollars.ts'
import { type MarketUpdate, type WatchMarketParameters, watchMarket } from './watchMarket.ts'
import { withdraw } from './withdraw.ts'

let market: TestMarket
const running: TestMarket[] = []
beforeEach(async () => {
  market = await startTestMarket()
  running.push(market)
})
afterAll(() => Promise.all(running.map(({ stop }) => stop())))

/** Reads a watch one update at a time. */
function watch(parameters: Omit<WatchMarketParameters, 'signal'> = {}) {
  const aborting = new AbortController()
  const updates = watchMarket(market.governor, { ...parameters, signal: aborting.signal })
  const until = async (wanted: (update: MarketUpdate) => boolean): Promise<MarketUpdate[]> => {
    const seen: MarketUpdate[] = []
    for (;;) {
      const { value } = await updates.next()
      if (!value) throw new Error('the watch ended')
      seen.push(value)
      if (wanted(value)) return seen
    }
  }
  const synced = async () => {
    const seen = await until(({ type }) => type === 'synced')
    const last = seen.at(-1)
    if (last?.type !== 'synced') throw new Error('not synced')
    return { seen, cursor: last.cursor }
  }
  return { until, synced, updates, abort: () => aborting.abort() }
}

const deposits = (updates: MarketUpdate[]) =>
  updates.flatMap((update) => (update.type === 'Deposited' ? [update.args.amount] : []))

test('everything is told once, in order, also across a restart', async () => {
  const tenant = await addTenant(market, { account: 1, amount: 5n })
  const first = watch()
  const before = await first.synced()
  expect(before.seen.map(({ type }) => type)).toContain('AssetChanged')
  expect(deposits(before.seen)).toEqual([5n])
  first.abort()
  expect((await first.updates.next()).done).toBe(true)

  await mintTestDollars(tenant, { asset: market.dollar, to: testAccount(1).address, amount: 7n })
  await deposit(tenant, { asset: market.dollar, amount: 7n })
  const second = watch({ cursor: JSON.parse(JSON.stringify(before.cursor)) })
  const after = await second.synced()
  expect(after.seen).toMatchObject([
    { type: 'Deposited', args: { account: testAccount(1).address, asset: market.dollar, amount: 7n } },
    { type: 'synced' },
  ])
  second.abort()
})

test('what is rolled back while watching is told, and what happened instead', async () => {
  const tenant = await addTenant(market, { account: 1, amount: 5n })
  await mintTestDollars(tenant, { asset: market.dollar, to: testAccount(1).address, amount: 9n })
  const watching = watch()
  const { cursor } = await watching.synced()
  const snapshot = await market.cheat('evm_snapshot', [])
  await deposit(tenant, { asset: market.dollar, amount: 2n })
  expect(deposits((await watching.synced()).seen)).toEqual([2n])

  await market.cheat('evm_revert', [snapshot])
  await deposit(tenant, { asset: market.dollar, amount: 3n })
  const reorg = await watching.until(({ type }) => type === 'reorg')
  expect(reorg).toEqual([{ type: 'reorg', fromBlock: cursor.block + 1 }])
  expect(deposits((await watching.synced()).seen)).toEqual([3n])
  watching.abort()
})

test('a chain that shrank is a reorg too', async () => {
  const tenant = await addTenant(market, { account: 1, amount: 5n })
  const watching = watch()
  const { cursor } = await watching.synced()
  const snapshot = await market.cheat('evm_snapshot', [])
  await mintTestDollars(tenant, { asset: market.dollar, to: testAccount(1).address, amount: 9n })
  await watching.synced()
  await market.cheat('evm_revert', [snapshot])
  expect(await watching.until(({ type }) => type === 'reorg')).toEqual([{ type: 'reorg', fromBlock: cursor.block + 1 }])
  watching.abort()
})

test('a cursor of a branch that is gone starts again from the market’s first block', async () => {
  await addTenant(market, { account: 1, amount: 5n })
  const cursor = { block: market.book.deployBlock + 3, hash: `0x${'11'.repeat(32)}` } as const
  const watching = watch({ cursor })
  const { seen } = await watching.synced()
  expect(seen[0]).toEqual({ type: 'reorg', fromBlock: market.book.deployBlock })
  expect(deposits(seen)).toEqual([5n])
  watching.abort()
})

/** Calls of the chain pass here, until the returned function is called. */
function watchFetch(see: (body: string) => Response | undefined): () => void {
  const real = globalThis.fetch
  globalThis.fetch = async (input, init) => see(typeof init?.body === 'string' ? init.body : '') ?? real(input, init)
  return () => {
    globalThis.fetch = real
  }
}

test('while nothing happens one question is asked each time, and two for the next block', async () => {
  const watching = watch()
  await watching.synced()
  const asked: string[] = []
  const stop = watchFetch((body) => {
    asked.push(...Array.from(body.matchAll(/"method":"(eth_\w+)"/g), ([, method = '']) => method))
    return undefined
  })
  try {
    const next = watching.synced()
    await expect.poll(() => asked.length).toBeGreaterThan(3)
    expect(new Set(asked)).toEqual(new Set(['eth_getBlockByNumber']))
    await market.cheat('evm_mine', [])
    await next
    expect(asked.filter((method) => method !== 'eth_getBlockByNumber')).toEqual(['eth_getLogs'])
  } finally {
    stop()
    watching.abort()
  }
})

test('an endpoint that does not know a block by its hash is asked by number', async () => {
  const tenant = await addTenant(market, { account: 1, amount: 5n })
  const watching = watch()
  const { cursor } = await watching.synced()
  let refused = 0
  const stop = watchFetch((body) => {
    if (!body.includes('"blockHash":"0x')) return undefined
    refused++
    const refuse = ({ id }: { id: number }) => ({
      jsonrpc: '2.0',
      id,
      error: { code: -32_000, message: 'unknown block' },
    })
    const asked = JSON.parse(body)
    return Response.json(Array.isArray(asked) ? asked.map(refuse) : refuse(asked))
  })
  try {
    await withdraw(tenant, { asset: market.dollar, amount: 4n })
    const { seen } = await watching.synced()
    expect(seen).toMatchObject([{ type: 'Withdrawn', args: { amount: 4n } }, { cursor: { block: cursor.block + 1 } }])
    expect(refused).toBeGreaterThan(0)
  } finally {
    stop()
    watching.abort()
  }
})
