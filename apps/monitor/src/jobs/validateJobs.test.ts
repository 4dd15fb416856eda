import type { ContentStore } from '@tender/content'
import { askVerdict, serveBlocks } from '@tender/network'
import { type JobTerms, jobTermsHash, kinds, marketDomain, reasonCodes, type Terms } from '@tender/protocol'
import {
  beginJob,
  challengeJob,
  drawJob,
  findLeaseEnd,
  getBalance,
  getChainTime,
  getJob,
  type MarketClient,
  matchOrder,
  readBlocks,
  signOrder,
  submitJob,
} from '@tender/sdk'
import { addProvider, addTenant, orderOf, type TestProvider, testAccount } from '@tender/sdk/testMarket'
import { publicKeyOf } from '@tender/sdk/testReports'
import type { Address, Hex } from 'viem'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import {
  addMonitor,
  createProviderNode,
  FIRST_MONITOR,
  type MonitoredMarket,
  PROVIDER,
  startAnnouncing,
  startMonitoredMarket,
  TENANT,
  type TestMonitor,
} from '../testMonitors.ts'
import { createScriptedDriver, makeScene, type Program, publish, record, square } from './testJudge.ts'

// Monitors as they run, a provider's peer that serves what it made, a real chain: from a submission to who is paid.

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const verifyFee = 3_000n
const MONITORS = [0, 1, 2]

let market: MonitoredMarket
let tenant: MarketClient
let provider: TestProvider
let nonce = 0n

beforeAll(async () => {
  market = await startMonitoredMarket()
  tenant = await addTenant(market, { account: TENANT, amount: 10_000_000n })
  provider = await addProvider(market, { first: PROVIDER })
})
afterAll(() => market.stop())

/** Monitors that all weigh something: then all of them are drawn. */
async function startValidators(): Promise<TestMonitor[]> {
  const validators: TestMonitor[] = []
  for (const index of MONITORS) {
    validators.push(await addMonitor(market, index, {}, [createScriptedDriver(square).driver]))
  }
  const weight = () => validators[0]?.monitor().status().totalWeight
  await expect.poll(weight, { timeout: 120_000, interval: 500 }).toBe(1_000 * MONITORS.length)
  return validators
}

type Submitted = { lease: Hex; terms: Terms; jobTerms: JobTerms; seed: Hex }

/** The provider's peer, which serves what is put into `shown`. */
async function startPeer(validators: readonly TestMonitor[]): Promise<Pick<ContentStore, 'block'>[]> {
  const shown: Pick<ContentStore, 'block'>[] = []
  const node = await createProviderNode(market, provider, validators[0]?.monitor().addresses() ?? [])
  await serveBlocks(node, {
    async block(cid) {
      for (const store of shown) {
        const bytes = await store.block(cid)
        if (bytes) return bytes
      }
    },
  })
  onTestFinished(await startAnnouncing(provider, node))
  return shown
}

/** A job whose provider's own runs give what `provided` says, up to the draw. */
async function submitted(shown: Pick<ContentStore, 'block'>[], provided: Program): Promise<Submitted> {
  const { store, job } = await makeScene({ terms: { verifyFee } })
  const { jobTerms } = job
  const { jobs, orderBook } = market.book.contracts
  const domain = marketDomain({ chainId: market.book.chainId, orderBook })
  nonce += 1n
  const content = { kind: kinds.job, verifier: jobs, jobTerms: jobTermsHash(domain, jobTerms), nonce }
  const { order, hash } = await signOrder(tenant, { order: await orderOf(market, tenant, content) })
  const { leases } = await matchOrder(tenant, { order, offers: [await provider.bid(hash)] })
  const [opened] = leases
  if (!opened) throw new Error('no lease')
  const { leaseId: lease, terms } = opened
  shown.push(store)
  await beginJob(provider.operator, { lease: terms, jobTerms })
  const { block } = await getChainTime(tenant)
  const [begun] = await readBlocks(tenant, { blocks: [block] })
  const records = []
  for (let task = 0; task < jobTerms.tasks; task++) {
    const made = await record(store, task, await provided(task, 0), block)
    records.push({ ...made, ...(begun && { blockHash: begun.hash }) })
  }
  const { cid, root } = await publish(store, { lease, provider: provider.id }, records)
  const { anchor } = await submitJob(provider.operator, { lease: terms, jobTerms, resultRoot: root, cid })
  const height = async () => (await getChainTime(tenant)).block
  await expect.poll(height, { timeout: 60_000, interval: 200 }).toBeGreaterThan(anchor)
  const { seed } = await drawJob(tenant, { lease: terms, jobTerms })
  return { lease, terms, jobTerms, seed }
}

const ended = (lease: Hex) => async () => (await getJob(tenant, { lease })).state
const balanceOf = async (account: Address) => (await getBalance(tenant, { account, asset: market.dollar })).deposited
const earnedBy = () => Promise.all(MONITORS.map((index) => balanceOf(testAccount(FIRST_MONITOR + index).address)))

test('validators judge what they were drawn for: an honest provider is paid, one that cheats is not', async () => {
  const validators = await startValidators()
  const shown = await startPeer(validators)
  const honest = await submitted(shown, square)
  await expect.poll(ended(honest.lease), { timeout: 120_000, interval: 300 }).toBe('ended')
  expect((await findLeaseEnd(tenant, { leaseId: honest.lease }))?.reason).toBe(reasonCodes.jobVerdict)
  expect(await balanceOf(honest.terms.payout)).toBeGreaterThan(0n)
  const earned = await earnedBy()
  // Each that signed has its part; more than half did.
  expect(earned.filter((amount) => amount === verifyFee / 3n).length).toBeGreaterThanOrEqual(2)

  // The tenant doubts a task without cause: its bond is the validators'.
  const doubted = await submitted(shown, square)
  const held = await earnedBy()
  await challengeJob(tenant, { lease: doubted.terms, jobTerms: doubted.jobTerms, tasks: [7] })
  await expect.poll(ended(doubted.lease), { timeout: 120_000, interval: 300 }).toBe('ended')
  const rise = (await earnedBy()).map((amount, index) => amount - (held[index] ?? 0n))
  expect(rise.filter((amount) => amount === (2n * verifyFee) / 3n).length).toBeGreaterThanOrEqual(2)

  // One is away, one is killed and comes back: the other two are enough.
  const paid = await balanceOf(honest.terms.payout)
  await validators[2]?.stop()
  const garbage: Program = (task) => ({ files: { 'value.txt': `garbage ${task}` } })
  const cheat = await submitted(shown, garbage)
  await validators[1]?.restart()
  await expect.poll(ended(cheat.lease), { timeout: 180_000, interval: 300 }).toBe('ended')
  expect(await balanceOf(honest.terms.payout)).toBe(paid)

  // And why it was so anybody may ask.
  const node = await createProviderNode(market, provider, [])
  await node.start()
  onTestFinished(() => node.stop())
  const monitor = {
    publicKey: publicKeyOf(await market.client(FIRST_MONITOR)),
    addresses: validators[0]?.monitor().addresses() ?? [],
  }
  const { jobs } = market.book.contracts
  const asked = { jobs, lease: cheat.lease, seed: cheat.seed }
  const verdict = await askVerdict(node, monitor, asked, AbortSignal.timeout(20_000))
  expect(verdict).toMatchObject({ passed: false, faults: [] })
  expect(verdict.tasks.map(({ same }) => same)).toEqual([false, false, false])
})
