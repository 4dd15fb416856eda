import type { Driver, WorkloadStatus } from '@tender/driver'
import { askCapacity, askChallenge, capacityTagSync, dialableAt } from '@tender/network'
import { NOW, startNode, type TestNode } from '@tender/network/testNetwork'
import { leaseId as leaseIdOf, resourceId } from '@tender/protocol'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeEach, expect, test } from 'vitest'
import { createLeaseBook, type LeaseBook } from '../leases/leaseBook.ts'
import { bytes32, createScriptedMarket, leaseStores, manifestOf, openTestStore, termsOf } from '../testKit.ts'
import { serveMonitors } from './serveMonitors.ts'

// Real peers, streams, signatures and store; the chain and the machine are played.

const soon = () => AbortSignal.timeout(120_000)
const handle = { driver: 'fake', version: 1, state: {} }
const store = () => leaseStores(openTestStore())
let provider: TestNode
let monitor: TestNode
let book: LeaseBook
let stores: ReturnType<typeof store>
let chain: ReturnType<typeof createScriptedMarket>
let lease: Hex
let status: WorkloadStatus
let isMonitor: boolean

beforeEach(async () => {
  provider = await startNode()
  monitor = await startNode()
  chain = createScriptedMarket(() => NOW)
  stores = store()
  book = createLeaseBook(stores, chain.market)
  status = { state: 'running' }
  isMonitor = true
  // CAST: nothing else of a driver is asked
  const driver = { kind: 'fake', inspect: async () => status, probe: healthy } as Partial<Driver> as Driver
  await serveMonitors({
    node: provider,
    provider: 7n,
    account: privateKeyToAccount(provider.privateKey),
    isMonitor: async () => isMonitor,
    leases: { get: (id) => book.get(id), update: (id, change) => book.update(id, change), live: () => book.live() },
    drivers: [driver],
    driverFor: () => driver,
    discover: async () => {},
    urlOf: (id) => `http://${id}.localhost`,
    capacity: async () => ({ committedUnits: 4, leasedUnits: 1, until: 0 }),
    mostMemoryBytes: undefined,
    nowSeconds: () => NOW,
  })
  const terms = termsOf({ start: NOW - 100 })
  chain.open(terms, NOW + 3_600)
  await book.open(terms, {}, soon())
  lease = leaseIdOf(terms)
})

async function healthy() {
  const [memoryBytesTotal, memoryBytesFree] = [2 ** 30, 2 ** 30]
  return {
    healthy: true,
    cpuMilliTotal: 1,
    cpuMilliFree: 1,
    memoryBytesTotal,
    memoryBytesFree,
    diskBytesFree: 0,
  } as const
}

const dialable = () => dialableAt(provider.addresses()[0] ?? expect.fail())
const ask = (id = lease) => askChallenge(monitor, dialable(), { lease: id, nonce: bytes32(9) }, soon())
const run = (target?: number) => {
  const ports = target === undefined ? [] : [{ target, protocol: 'http' as const }]
  const manifest = manifestOf(bytes32(1), { ports })
  book.update(lease, { phase: 'running', handle: { ...handle, leaseId: lease }, manifest })
}

test('a workload that does not run yet is told as that, without a start', async () => {
  const { answer, started } = await ask()
  expect([answer, started]).toEqual([{ lease, nonce: bytes32(9), at: NOW, running: false, url: '' }, undefined])
})

test('one that runs is told with its address, and its start is signed once, for good', async () => {
  run(80)
  book.update(lease, { readyAt: NOW - 50 })
  const first = await ask()
  expect(first.answer).toMatchObject({ running: true, url: `http://${lease}.localhost` })
  expect(first.started?.started).toMatchObject({ lease, at: NOW - 50 })
  // Another process, from the same store.
  book = createLeaseBook(stores, chain.market)
  book.update(lease, { readyAt: NOW })
  expect((await ask()).started).toEqual(first.started)
})

test('one that is not well, has ended, or whose lease is over does not run', async () => {
  run()
  expect((await ask()).answer).toMatchObject({ running: true, url: '' })
  status = { state: 'running', waitingFor: 'db is not healthy' }
  expect((await ask()).answer.running).toBe(false)
  status = { state: 'ended', result: { reason: { kind: 'lost' }, atMs: 0 } }
  expect((await ask()).answer.running).toBe(false)
  status = { state: 'running' }
  const { chain: view } = book.get(lease) ?? expect.fail()
  book.update(lease, { chain: { ...view, stop: NOW } })
  expect((await ask()).answer.running).toBe(false)
})

test('of a lease that is not its own a provider says nothing, and to a stranger nothing at all', async () => {
  await expect(ask(bytes32(77))).rejects.toMatchObject({ code: 'unknownLease' })
  isMonitor = false
  await expect(ask()).rejects.toMatchObject({ code: 'notMonitor' })
  const task = { nonce: bytes32(1), resource: resourceId('cu'), units: 1, memoryKib: 64, passes: 1 }
  const asking = askCapacity(monitor, dialable(), task, { timeoutMs: 60_000, signal: soon() })
  await expect(asking).rejects.toMatchObject({ code: 'notMonitor' })
})

test('the memory of free units is shown, and never of leased ones', async () => {
  const task = { nonce: bytes32(1), resource: resourceId('cu'), units: 9, memoryKib: 64, passes: 1 }
  const tags = await askCapacity(monitor, dialable(), task, { timeoutMs: 60_000, signal: soon() })
  expect(tags).toEqual([0, 1, 2].map((unit) => capacityTagSync({ task, provider: 7n, unit })))
})
