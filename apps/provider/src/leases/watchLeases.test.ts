import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeDriver } from '@tender/driver/fake'
import { type LocalChain, startChain } from '@tender/localchain'
import { evidenceHash } from '@tender/network'
import {
  leaseId as leaseIdOf,
  manifestHash,
  type Offer,
  type Order,
  reasonText,
  type Terms,
  tiers,
} from '@tender/protocol'
import {
  closeLease,
  createChainClock,
  createMarketClient,
  findLeaseEnd,
  getBalance,
  getLease,
  type MarketClient,
  type MarketCursor,
  type MatchOrderParameters,
  matchOrder,
  signExtend,
  signOrder,
} from '@tender/sdk'
import {
  addProvider,
  addTenant,
  orderOf,
  startTestMarket,
  type TestMarket,
  type TestProvider,
  testAccount,
} from '@tender/sdk/testMarket'
import type { Hex } from 'viem'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { bytes32, leaseStores, manifestOf, openTestHost, openTestStore, silent, unreported } from '../testKit.ts'
import { chainLeases } from './chainLeases.ts'
import { createKeeper } from './keeper.ts'
import { createLeaseBook, type OrderFacts } from './leaseBook.ts'
import { createLeaseWatch, cursorSchema } from './watchLeases.ts'

// A real chain, a real watch, keeper and store; only the machine is played.

let directory: string
const stateFile = () => join(directory, 'chain.json')
let market: TestMarket
let chain: LocalChain
let tenant: MarketClient
let provider: TestProvider
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tender-watch-'))
  market = await startTestMarket({ stateFile: stateFile() })
  chain = market.chain
  tenant = await addTenant(market, { account: 1, amount: 1_000_000n })
  provider = await addProvider(market, { first: 2, units: 20 })
})
const ending: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(ending.splice(0).map((end) => end()))
})
afterAll(async () => {
  await chain.stop()
  await rm(directory, { recursive: true })
})

const manifest = manifestOf(bytes32(1))
const orders = new Map<Hex, OrderFacts>()
let nonce = 0n

/** An order of one hour with this provider's bid. */
async function auction(over: Partial<Order> = {}, offer: Partial<Offer> = {}): Promise<MatchOrderParameters> {
  nonce += 1n
  const asked = await orderOf(market, tenant, { nonce, manifest: manifestHash(manifest), ...over })
  const { order, hash } = await signOrder(tenant, { order: asked })
  orders.set(hash, { order })
  return { order, offers: [await provider.bid(hash, offer)] }
}

async function openLease(over?: MatchOrderParameters, client = tenant): Promise<{ terms: Terms; id: Hex }> {
  const { leases } = await matchOrder(client, over ?? (await auction()))
  const [lease] = leases
  if (!lease) throw new Error('it was matched')
  return { terms: lease.terms, id: leaseIdOf(lease.terms) }
}

/** What outlives a provider: its machine and its disk. */
function createPlace(keepEndedSeconds = 3600) {
  const host = openTestHost({ '/blobs/1': {} })
  const store = openTestStore()
  const cursors = store.collection('cursors', cursorSchema)
  const begun: Hex[] = []

  /** A provider's watch, book and keeper over this place. `keepsCursors: false`: it dies before each cursor is written. */
  function start({ keepsCursors = true } = {}) {
    const aborting = new AbortController()
    const book = createLeaseBook(leaseStores(store), chainLeases(provider.operator))
    const clock = createChainClock()
    const real = createFakeDriver(host)
    const driver: typeof real = {
      ...real,
      start: (spec, signal) => {
        begun.push(spec.leaseId)
        return real.start(spec, signal)
      },
    }
    const keeper = createKeeper({
      leases: book,
      market: chainLeases(provider.operator),
      driverFor: () => driver,
      cardsOfJobs: () => [],
      blobs: { path: () => '/blobs/1', retain() {} },
      archives: { put: async () => 0, retain: async () => {} },
      privateKey: bytes32(1),
      policy: { settleEverySeconds: 3600, keepEndedSeconds, keepVolumesSeconds: 0 },
      reporting: unreported,
      nowSeconds: clock.nowSeconds,
      log: silent,
    })
    const taken: Hex[] = []
    const synced: MarketCursor[] = []
    const watch = createLeaseWatch({
      client: provider.operator,
      provider: provider.id,
      leases: {
        ...book,
        open: async (terms, order, signal) => {
          await book.open(terms, order, signal)
          taken.push(leaseIdOf(terms))
        },
      },
      orderOf: (order) => orders.get(order),
      jobs: { open: async () => {}, take: async () => {}, refresh: async () => {} },
      cursors: {
        ...cursors,
        set: (key, cursor) => {
          if (!keepsCursors) throw new Error('killed')
          cursors.set(key, cursor)
          synced.push(cursor)
        },
      },
      changed: keeper.wake,
      tick: clock.tick,
      log: silent,
    })
    const done = Promise.all([keeper.run(aborting.signal), watch.run(aborting.signal)])
    const stop = async () => {
      aborting.abort()
      await done
    }
    ending.push(stop)
    return {
      book,
      taken,
      synced,
      stop,
      /** Waits until the watch has come to the chain's head as it is now. */
      async caughtUp(): Promise<void> {
        const { number, hash } = await tenant.rpc.getBlock()
        await expect.poll(() => cursors.get('chain'), patient).toEqual({ block: Number(number), hash })
      },
      /** As the network does when a lease's manifest has come. */
      accept(id: Hex): void {
        book.update(id, { phase: 'accepted', manifest })
        keeper.wake()
      },
      phase: (id: Hex) => expect.poll(() => book.get(id)?.phase, patient),
    }
  }
  return { host, begun, cursors, start }
}

/** A machine may be slow; a lease that is not taken is not taken for ever. */
const patient = { timeout: 20_000, interval: 20 }

/** Replaces the chain's last blocks by empty ones. */
const rollBack = (depth: number) => market.cheat('anvil_reorg', [depth, []])

const earned = async () =>
  (await getBalance(tenant, { account: testAccount(2).address, asset: market.dollar })).deposited

test('what happened while the chain could not be reached is taken once, when it can be again', async () => {
  const place = createPlace()
  const watching = place.start()
  const first = await openLease()
  const unseen = await auction()
  await watching.caughtUp()
  watching.accept(first.id)
  await watching.phase(first.id).toBe('running')
  const before = place.cursors.get('chain')

  // The same chain under another address: it goes on, and the provider cannot see it.
  await chain.stop()
  const elsewhere = await startChain({ stateFile: stateFile() })
  onTestFinished(elsewhere.stop)
  const account = testAccount(1)
  const away = await createMarketClient({ rpcUrl: elsewhere.url, book: market.book, account })
  const second = await openLease(unseen, away)
  await closeLease(away, { lease: first.terms })
  await elsewhere.stop()
  expect(place.cursors.get('chain')).toEqual(before)
  expect(watching.book.get(second.id)).toBeUndefined()

  chain = await startChain({ stateFile: stateFile(), port: market.chain.port })
  await watching.phase(first.id).toBe('stopped')
  await watching.phase(second.id).toBe('opened')
  await watching.caughtUp()
  expect(watching.taken).toEqual([first.id, second.id])
  const blocks = watching.synced.map(({ block }) => block)
  expect(blocks).toEqual([...new Set(blocks)].sort((a, b) => a - b))
  expect(place.begun).toEqual([first.id])
})

test('a lease that the chain takes back leaves nothing, and nothing is claimed for it', async () => {
  const place = createPlace(0)
  const watching = place.start()
  const before = await earned()
  const { id, terms } = await openLease()
  await watching.caughtUp()
  watching.accept(id)
  await watching.phase(id).toBe('running')

  await rollBack(1)
  await expect(getLease(tenant, { lease: terms })).rejects.toMatchObject({ class: 'notFound' })
  await watching.phase(id).toBe('destroyed')
  await watching.caughtUp()
  expect(place.host.workloads.has(id)).toBe(false)
  expect(watching.book.live().map(({ leaseId }) => leaseId)).not.toContain(id)
  expect(await earned()).toBe(before)
})

test('a lease goes on when the chain takes its end back, and then ends as it would have', async () => {
  const place = createPlace()
  const watching = place.start()
  const { id, terms } = await openLease()
  await watching.caughtUp()
  watching.accept(id)
  await watching.phase(id).toBe('running')
  const before = await tenant.rpc.getBlockNumber()
  await closeLease(tenant, { lease: terms })
  await expect
    .poll(() => watching.book.get(id), patient)
    .toMatchObject({ phase: 'stopped', chain: { resolved: true, released: true } })
  await watching.caughtUp()

  await rollBack(Number((await tenant.rpc.getBlockNumber()) - before))
  await watching.phase(id).toBe('running')
  expect(place.host.workloads.get(id)?.result).toBeUndefined()
  expect(await getLease(tenant, { lease: terms })).toMatchObject({ status: 'running', stop: terms.start + 3600 })

  await closeLease(tenant, { lease: terms })
  await expect
    .poll(() => watching.book.get(id), patient)
    .toMatchObject({ phase: 'stopped', chain: { resolved: true, released: true } })
  const { secondsPaid, stop } = await getLease(tenant, { lease: terms })
  expect(secondsPaid).toBe(stop - terms.start)
})

test('events that a crash repeats change nothing', async () => {
  const place = createPlace()
  const dying = place.start({ keepsCursors: false })
  const { id } = await openLease()
  await dying.phase(id).toBe('opened')
  dying.accept(id)
  await dying.phase(id).toBe('running')
  const record = dying.book.get(id)
  await expect.poll(() => dying.taken.filter((taken) => taken === id).length, patient).toBeGreaterThan(2)
  expect(place.cursors.get('chain')).toBeUndefined()
  await dying.stop()

  const next = place.start()
  await next.caughtUp()
  expect(next.taken).toContain(id)
  expect(next.book.get(id)).toEqual(record)
  expect(place.begun).toEqual([id])
})

test('a chain whose clock runs ahead ends leases by its clock, at once', async () => {
  const place = createPlace()
  const watching = place.start()
  const { id, terms } = await openLease()
  await watching.caughtUp()
  watching.accept(id)
  await watching.phase(id).toBe('running')
  await market.skip(3600)
  await expect
    .poll(() => watching.book.get(id), patient)
    .toMatchObject({ phase: 'stopped', chain: { resolved: true, released: true } })
  expect(await getLease(tenant, { lease: terms })).toMatchObject({ status: 'resolved', secondsPaid: 3600 })
})

test('a lease is prolonged on the chain as its tenant permits, and the tenant pays for it', async () => {
  const place = createPlace()
  const watching = place.start()
  const { id, terms } = await openLease(await auction({}, { maxDuration: 86_400 }))
  await watching.caughtUp()
  watching.accept(id)
  await watching.phase(id).toBe('running')
  const permission = { lease: id, latestEnd: terms.start + 4_000, maxAmount: 10n ** 9n, expiry: terms.start + 80_000 }
  watching.book.update(id, { extend: { ...(await signExtend(tenant, { permission })), runwaySeconds: 3_650 } })
  await market.skip(10)
  await expect.poll(() => watching.book.get(id)?.chain.stop, patient).toBe(terms.start + 4_000)
  expect(await getLease(tenant, { lease: terms })).toMatchObject({ end: terms.start + 4_000, status: 'running' })
  await closeLease(tenant, { lease: terms })
  await watching.phase(id).toBe('stopped')
  await expect
    .poll(() => watching.book.get(id), patient)
    .toMatchObject({ endReason: 'closed by the tenant', evidence: { reason: 'closed by the tenant' } })
})

test('an interruptible lease ends on the chain after its notice, with the hash of the reason', async () => {
  const place = createPlace()
  const watching = place.start()
  const { interruptible: tier } = tiers
  const { id, terms } = await openLease(await auction({ tier }, { tier, noticeSeconds: 600 }))
  await watching.caughtUp()
  watching.accept(id)
  await watching.phase(id).toBe('running')
  watching.book.update(id, { interrupt: { because: 'a better order came' } })
  await market.skip(1)
  await expect.poll(() => watching.book.get(id)?.chain.endsEarly, patient).toBe(true)
  const { evidence } = watching.book.get(id) ?? expect.fail()
  expect(evidence?.reason).toBe('a better order came')
  const end = await findLeaseEnd(tenant, { leaseId: id })
  expect(end).toMatchObject({ reason: 3, evidence: evidenceHash(evidence ?? expect.fail()) })
  expect(watching.book.get(id)?.phase).toBe('running')
  await market.skip(600)
  await expect
    .poll(() => watching.book.get(id), patient)
    .toMatchObject({ phase: 'stopped', endReason: reasonText(3), chain: { resolved: true } })
  const { secondsPaid, stop } = await getLease(tenant, { lease: terms })
  expect(secondsPaid).toBe(stop - terms.start)
})
