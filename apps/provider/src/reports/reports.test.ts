import { createFakeDriver } from '@tender/driver/fake'
import { addressOfPublicKey, type ProvenLeaf, serveLeaves } from '@tender/network'
import { startNode } from '@tender/network/testNetwork'
import { type Leaf, leaseId as leaseIdOf, manifestHash, NotFoundError, type Terms } from '@tender/protocol'
import {
  createChainClock,
  getChainTime,
  getLease,
  getProvider,
  getReportRules,
  getRewards,
  joinMonitor,
  type MarketClient,
  matchOrder,
  sendStakeTokens,
  setMonitorContact,
  setMonitorWeight,
  signOrder,
  stake,
  watchMarket,
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
import { joinTestMonitor, publicKeyOf, type TestMonitor, type TestReport } from '@tender/sdk/testReports'
import { type Hex, parseUnits, toHex } from 'viem'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { chainLeases } from '../leases/chainLeases.ts'
import { createKeeper } from '../leases/keeper.ts'
import { createLeaseBook } from '../leases/leaseBook.ts'
import { bytes32, leaseStores, manifestOf, never, openTestHost, openTestStore, silent } from '../testKit.ts'
import { createReports } from './createReports.ts'
import { chainStanding, keepStanding } from './keepStanding.ts'
import { createReportSource } from './reportSource.ts'
import { standingSchema } from './standing.ts'

// A real chain with real reports, real peers that show their leaves, a real keeper and store; only the machine is played.

let market: TestMarket
let tenant: MarketClient
let provider: TestProvider
let monitor: TestMonitor
beforeAll(async () => {
  market = await startTestMarket()
  tenant = await addTenant(market, { account: 1, amount: 10_000_000n })
  provider = await addProvider(market, { first: 2, units: 20 })
  monitor = await joinTestMonitor(await market.client(5), market.governor)
  // Enough to report alone, also when there is another.
  const { minWeight } = await getReportRules(tenant)
  await addStake(monitor.client, 3 * minWeight)
  await setMonitorWeight(monitor.client, { weight: 4 * minWeight })
})
afterAll(() => market.stop())

/** A machine may be slow; what does not come in this time does not come. */
const patient = { timeout: 30_000, interval: 20 }
const manifest = manifestOf(bytes32(1))
const other = (index: number): Leaf => ({ kind: 'lease', lease: bytes32(0xf000 + index), served: index })
const served = ({ id }: { id: Hex }, seconds: number): Leaf => ({ kind: 'lease', lease: id, served: seconds })
let nonce = 0n

/** Monitored leases of an hour. */
async function openLeases(replicas: number): Promise<{ terms: Terms; id: Hex }[]> {
  nonce += 1n
  const { eraReports: verifier } = market.book.contracts
  const monitored = { nonce, replicas, uptimeBps: 9_900, verifier, manifest: manifestHash(manifest) }
  const { order, hash } = await signOrder(tenant, { order: await orderOf(market, tenant, monitored) })
  const { leases } = await matchOrder(tenant, { order, offers: await bids(hash, replicas) })
  return leases.map(({ terms }) => ({ terms, id: leaseIdOf(terms) }))
}

function bids(hash: Hex, count: number) {
  return Promise.all(Array.from({ length: count }, (_, index) => provider.bid(hash, { salt: BigInt(index) })))
}

/** A peer with a monitor's key that shows a report's leaves, changed as `show` says; the chain says where it is. */
async function startPeer(client: MarketClient, show: (leaf: Leaf) => Leaf = (leaf) => leaf) {
  const index = [5, 6].find((account) => testAccount(account).address === addressOfPublicKey(publicKeyOf(client)))
  const privateKey = testAccount(index ?? expect.fail()).getHdKey().privateKey ?? expect.fail()
  const node = await startNode({ privateKey: toHex(privateKey) })
  const told: { report?: TestReport; leaves: readonly Leaf[] } = { leaves: [] }
  let asked = 0
  await serveLeaves(node, async ({ era, of }) => {
    asked += 1
    const { report, leaves } = told
    if (!report || report.report.era !== era) throw new NotFoundError('no such era', { code: 'unknownEra' })
    const proven = leaves.map((leaf, at): ProvenLeaf => ({ leaf: show(leaf), proof: report.proof(at) }))
    const wanted = ({ leaf }: ProvenLeaf) =>
      'leases' in of ? 'lease' in leaf && of.leases.includes(leaf.lease) : leaf.kind === 'provider'
    return { era, leaves: proven.filter(wanted) }
  })
  await setMonitorContact(client, node.contact())
  return { node, told, asked: () => asked }
}

async function report(leaves: readonly Leaf[], ...peers: Awaited<ReturnType<typeof startPeer>>[]): Promise<TestReport> {
  const posted = await monitor.report(leaves)
  for (const { told } of peers) Object.assign(told, { report: posted, leaves })
  return posted
}

/** What outlives a provider. */
function createPlace() {
  const host = openTestHost({ '/blobs/1': {} })
  const store = openTestStore()
  const clock = createChainClock()

  /** A provider's book, reports and keeper over this place. */
  async function start() {
    const aborting = new AbortController()
    const book = createLeaseBook(leaseStores(store), chainLeases(provider.operator))
    const node = await startNode()
    const source = createReportSource({ client: provider.operator, node, log: silent })
    const reports = createReports({
      provider: provider.id,
      leases: book,
      standings: store.collection('standings', standingSchema),
      keep: (standing) =>
        keepStanding(standing, chainStanding(provider.operator, provider.id), {
          claimRewardsFrom: parseUnits('2', 18),
          nowSeconds: clock.nowSeconds(),
          log: silent,
        }),
      changed: () => keeper.wake(),
      nowSeconds: clock.nowSeconds,
      log: silent,
    })
    const keeper = createKeeper({
      leases: book,
      market: chainLeases(provider.operator),
      driverFor: () => createFakeDriver(host),
      cardsOfJobs: () => [],
      blobs: { path: () => '/blobs/1', retain() {} },
      archives: { put: async () => 0, retain: async () => {} },
      privateKey: bytes32(1),
      policy: { settleEverySeconds: 100, keepEndedSeconds: 0, keepVolumesSeconds: 0 },
      reporting: reports.reporting,
      nowSeconds: clock.nowSeconds,
      log: silent,
    })
    const done = keeper.run(aborting.signal)
    const stop = async () => {
      aborting.abort()
      await done
    }
    onTestFinished(stop)
    return {
      book,
      reports,
      stop,
      async open(leases: readonly { terms: Terms; id: Hex }[]): Promise<void> {
        for (const { terms, id } of leases) {
          await book.open(terms, {}, never)
          book.update(id, { phase: 'accepted', manifest })
        }
        keeper.wake()
        await expect.poll(() => leases.map(({ id }) => book.get(id)?.phase), patient).not.toContain('accepted')
      },
      /** Looks at the chain and the monitors, at the chain's time. */
      async look(): Promise<void> {
        clock.tick((await getChainTime(tenant)).timestamp, true)
        for (const { leaseId } of book.live()) await book.refresh(leaseId, never)
        await reports.look(source, never)
        keeper.wake()
      },
    }
  }
  return { start }
}

const paid = ({ terms }: { terms: Terms }) =>
  expect.poll(async () => (await getLease(tenant, { lease: terms })).secondsPaid, patient)

/** The transactions in which leases were paid, one for each payment. */
async function settlementsOf(leases: readonly { id: Hex }[]): Promise<Hex[]> {
  const transactions: Hex[] = []
  for await (const update of watchMarket(tenant, { signal: never })) {
    if (update.type === 'synced') break
    const isTheirs = update.type === 'LeaseSettled' && leases.some(({ id }) => id === update.args.lease)
    if (isTheirs) transactions.push(update.transaction)
  }
  return transactions
}

test('leases are settled together with what a report says of each, and for the last time when one covers their stop', async () => {
  const peer = await startPeer(monitor.client)
  const leases = await openLeases(3)
  const [one, two, three] = [leases[0] ?? expect.fail(), leases[1] ?? expect.fail(), leases[2] ?? expect.fail()]
  const place = createPlace()
  const first = await place.start()
  await first.open(leases)

  await market.skip(600)
  const figures = [served(one, 580), other(1), served(two, 600), served(three, 99), other(2), other(3)]
  const owing: Leaf = { kind: 'credit', lease: one.id, provider: provider.id, tenant: one.terms.tenant, amount: 77n }
  await report([...figures, owing], peer)
  await first.look()
  await paid(one).toBe(580)
  await paid(two).toBe(600)
  await paid(three).toBe(0) // too little for a transaction of its own
  expect(first.book.get(one.id)?.reported).toMatchObject({ era: 1n, served: 580, credit: 77n })
  expect(new Set(await settlementsOf([one, two])).size).toBe(1)

  // A report that says no more brings nothing, and at the end nothing is claimed by time.
  await market.skip(1_700)
  await report(figures, peer)
  await first.look()
  await first.stop()
  const next = await place.start()
  await market.skip(1_700)
  await next.look()
  expect(await getLease(tenant, { lease: one.terms })).toMatchObject({ secondsPaid: 580, status: 'over' })
  expect(await settlementsOf(leases)).toHaveLength(2)
  await report([served(one, 3_000), served(two, 500), other(1), served(three, 3_600)], peer)
  await next.look()
  await paid(one).toBe(3_000)
  await paid(two).toBe(600)
  await paid(three).toBe(3_600)
  for (const { terms } of leases) {
    expect(await getLease(tenant, { lease: terms })).toMatchObject({ status: 'resolved', held: 0n })
  }
  expect(new Set((await settlementsOf(leases)).slice(2)).size).toBe(1)
  await expect.poll(() => next.book.live().length, patient).toBe(0)
})

test('a monitor that shows what the report does not say is not believed, another is asked', async () => {
  const liar = await joinSecond(6)
  const lying = await startPeer(liar, (leaf) => (leaf.kind === 'lease' ? { ...leaf, served: leaf.served + 1 } : leaf))
  const [lease = expect.fail()] = await openLeases(1)
  const place = await createPlace().start()
  await place.open([lease])
  await market.skip(600)
  const silentPeer = await startPeer(monitor.client)
  await report([served(lease, 400), other(1)], lying)
  await place.look()
  expect(lying.asked()).toBeGreaterThan(0)
  expect(silentPeer.asked()).toBeGreaterThan(0)
  expect(place.book.get(lease.id)?.reported).toBeUndefined()

  await report([served(lease, 500), other(1)], lying, silentPeer)
  await place.look()
  expect(place.book.get(lease.id)?.reported).toMatchObject({ served: 500 })
  await paid(lease).toBe(500)
})

test('where no report comes for long, the last word counts, though nobody is there to say it, and then time', async () => {
  const peer = await startPeer(monitor.client)
  const [lease = expect.fail()] = await openLeases(1)
  const place = createPlace()
  const first = await place.start()
  await first.open([lease])
  await market.skip(500)
  const { report: last } = await report([served(lease, 60), other(1)], peer)
  await first.look()
  await expect.poll(() => first.book.get(lease.id)?.reported?.served, patient).toBe(60)
  await peer.node.stop()
  await first.stop()

  // And another lease, which no report ever told of.
  const [late = expect.fail()] = await openLeases(1)
  const next = await place.start()
  await next.open([late])
  await market.skip(3 * 600 + 20)
  await next.look()
  // Nobody comes back within another era either.
  await market.skip(599)
  await next.look()
  expect(next.book.get(lease.id)?.chain.byTime).toBe(false)
  await market.skip(1)
  await next.look()
  await expect.poll(() => next.book.get(lease.id)?.chain.byTime, patient).toBe(true)
  await expect.poll(() => next.book.get(late.id)?.chain.byTime, patient).toBe(true)
  const { secondsPaid, settledUntil } = await getLease(tenant, { lease: lease.terms })
  expect(secondsPaid).toBe(60 + settledUntil - last.coveredUntil)
  await market.skip(3_600)
  await next.look()
  await expect.poll(async () => (await getLease(tenant, { lease: lease.terms })).status, patient).toBe('resolved')
  expect(await getLease(tenant, { lease: lease.terms })).toMatchObject({
    secondsPaid: 60 + lease.terms.start + 3_600 - last.coveredUntil,
  })
})

test('a better level and rewards are taken to the chain, once, and small rewards are left to grow', async () => {
  const peer = await startPeer(monitor.client)
  const place = createPlace()
  const first = await place.start()
  const standing = (score: number, tokens: number): Leaf => {
    return { kind: 'provider', provider: provider.id, score, rewards: parseUnits(String(tokens), 18), slashed: 0n }
  }
  const known = async () => {
    const { level, score } = await getProvider(tenant, { provider: provider.id })
    return { level, score, claimed: (await getRewards(tenant, { provider: provider.id })).claimed }
  }
  await report([standing(8_200, 1), other(1)], peer)
  await first.look()
  expect(await known()).toEqual({ level: 2, score: 8_200, claimed: 0n })
  expect(first.reports.standing()).toMatchObject({ score: 8_200, rewards: parseUnits('1', 18) })

  await report([standing(8_100, 5), other(1)], peer)
  await first.look()
  const after = { level: 2, score: 8_200, claimed: parseUnits('5', 18) }
  expect(await known()).toEqual(after)
  await first.stop()
  const sent = await provider.operator.rpc.getTransactionCount({ address: testAccount(3).address })
  const next = await place.start()
  await next.look()
  expect(await known()).toEqual(after)
  expect(await provider.operator.rpc.getTransactionCount({ address: testAccount(3).address })).toBe(sent)
})

/** A second monitor, of little weight. */
async function joinSecond(account: number): Promise<MarketClient> {
  const client = await market.client(account)
  const { minWeight } = await getReportRules(client)
  await addStake(client, minWeight)
  await joinMonitor(client, { weight: minWeight, publicKey: publicKeyOf(client), addresses: [] })
  return client
}

async function addStake(client: MarketClient, wholeTokens: number): Promise<void> {
  const { address } = client.account ?? expect.fail()
  const amount = parseUnits(String(wholeTokens), 18)
  await sendStakeTokens(market.governor, { to: address, amount })
  await stake(client, { monitor: address, amount })
}
