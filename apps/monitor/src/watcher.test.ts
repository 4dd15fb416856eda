import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostLabel } from '@tender/ingress'
import { createLog, openStore, type Store } from '@tender/kit'
import { type CapacityTask, capacityTagSync, serveCapacity, serveChallenges } from '@tender/network'
import {
  manifest,
  market,
  NOW,
  orderOf,
  soon,
  startNode,
  startProvider,
  type TestNode,
} from '@tender/network/testNetwork'
import {
  type EraMonitor,
  manifestHash,
  marketDomain,
  orderHash,
  privateHash,
  probesHash,
  typedData,
} from '@tender/protocol'
import { type Address, type Hex, keccak256, numberToHex, zeroAddress, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { watchConfigSchema } from './probe/watchConfig.ts'
import type { WatchedLease } from './probe/watchedLease.ts'
import type { Suspicion } from './vanish/suspicions.ts'
import { createWatcher, type Watcher } from './watcher.ts'

// Real peers, streams, signatures, HTTP and stores; the chain is played, and time goes fast.

const config = watchConfigSchema.parse({
  probe: { meanSeconds: 0.1, timeoutMs: 5_000, allowPrivate: true },
  challenge: { meanSeconds: 0.1, deadlineMs: 5_000 },
  pingEveryMs: 20,
  vanishedAfterSeconds: 1,
  capacity: { momentsPerEra: 1_000, memoryKibPerUnit: 64 },
})
const nowSeconds = () => Math.floor(Date.now() / 1000)
const bytes32 = (n: number): Hex => keccak256(numberToHex(n, { size: 32 }))
const providerId = 71n
const free = { provider: providerId, resource: bytes32(5), committed: 4, leased: 1, stakePerUnit: 1n }
const other: EraMonitor = { monitor: `0x${'22'.repeat(20)}`, weight: 1 }

let lease: WatchedLease
let provider: TestNode
/** What a visitor of the lease gets, and how many came. */
let page: RequestListener
let visits: number
/** What the provider says of it. */
let said: { running: boolean; url: string; startedAt?: number }
let challenges: number
let connected: boolean
let port: number
let server: ReturnType<typeof createServer>

beforeEach(async () => {
  lease = {
    lease: bytes32(1),
    provider: providerId,
    order: bytes32(2),
    start: nowSeconds() - 60,
    stop: nowSeconds() + 3_600,
    startWindow: 30,
  }
  page = (_request, response) => response.end('hello')
  visits = 0
  challenges = 0
  watchers = 0
  connected = true
  server = createServer((request, response) => {
    visits++
    page(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  // CAST: it listens on TCP
  port = (server.address() as AddressInfo).port
  said = { running: true, url: `http://${hostLabel(lease.lease)}.localhost:${port}`, startedAt: nowSeconds() - 50 }
  provider = await startProvider(providerId)
  await serveProvider()
})

async function serveProvider(): Promise<void> {
  const account = privateKeyToAccount(provider.privateKey)
  const domain = marketDomain(market)
  const isMonitor = async () => true
  await serveChallenges(provider, {
    isMonitor,
    async answer(challenge) {
      challenges++
      const { running, url, startedAt } = said
      const answer = { at: nowSeconds(), running, url }
      const signature = await account.signTypedData(typedData(domain, 'ChallengeAnswer', { ...challenge, ...answer }))
      if (startedAt === undefined) return { ...answer, signature }
      const started = { lease: challenge.lease, at: startedAt, inputs: zeroHash }
      return {
        ...answer,
        signature,
        started: { started, signature: await account.signTypedData(typedData(domain, 'Started', started)) },
      }
    },
  })
  const tagsOf = (task: CapacityTask) =>
    Array.from({ length: task.units }, (_, unit) => capacityTagSync({ task, provider: providerId, unit }))
  await serveCapacity(provider, { isMonitor, work: async (task) => tagsOf(task) })
}

let announced = 0
let watchers = 0

/** As providers do once a minute. */
async function announce(): Promise<void> {
  announced++
  const availability = {
    provider: providerId,
    issuedAt: NOW,
    expiry: NOW + 30 + announced,
    country: '0x4445' as const,
    drivers: [],
    resources: [],
  }
  await provider.availability.publish({ availability }, soon())
}

/** A gossiped order whose brief promises a port to visitors. */
async function orderWithPort(agent: TestNode) {
  const promised = { ...manifest, brief: { ...manifest.brief, ports: [{ target: 80, protocol: 'http' as const }] } }
  const tenant = privateKeyToAccount(generatePrivateKey())
  const order = orderOf(tenant.address, agent.address, { manifest: manifestHash(promised) })
  const signature = await tenant.sign({ hash: orderHash(marketDomain(market), order) })
  return { order, signature, brief: promised.brief, privateHash: privateHash(promised) }
}

type World = { watcher: Watcher; suspicions: Suspicion[]; node: TestNode; store: Store; stop(): Promise<void> }

async function openWatcher(
  change: { operator?: Address; before?: (node: TestNode) => Promise<void>; isFull?: () => boolean } = {},
): Promise<World> {
  const node = await startNode()
  const account = privateKeyToAccount(node.privateKey)
  const kept = openStore({ file: ':memory:' })
  const store: Store = {
    ...kept,
    transaction(work) {
      if (change.isFull?.()) throw new Error('database or disk is full')
      return kept.transaction(work)
    },
  }
  const suspicions: Suspicion[] = []
  const watcher = createWatcher({
    account,
    reports: zeroAddress,
    eraSeconds: 60,
    node,
    store,
    config,
    operatorOf: async () => change.operator ?? provider.address,
    monitors: () => [{ monitor: account.address, weight: 1 }, other],
    async ping() {
      if (!connected) throw new Error('no answer')
    },
    capacity: () => [free],
    suspect: (suspicion) => void suspicions.push(suspicion),
    nowSeconds,
    log: createLog({ name: 'test', level: 'silent' }),
  })
  await node.dial(provider.contact(), soon())
  watchers++
  await provider.availability.ready({ peers: watchers, signal: soon() })
  await change.before?.(node)
  await announce()
  const stopping = new AbortController()
  const done = watcher.run(stopping.signal)
  async function stop() {
    stopping.abort()
    await done
  }
  onTestFinished(async () => {
    await stop()
    store.close()
  })
  await watcher.watch(1n, [lease])
  return { watcher, suspicions, node, store, stop }
}

const seen = async ({ watcher }: World, era = 1n) => {
  const { observations } = await watcher.observe(era, { from: 0, until: nowSeconds() + 1 }, [lease.lease])
  return observations[0] ?? expect.fail()
}
const until = (count: () => number, least: number) =>
  expect.poll(count, { timeout: 60_000 }).toBeGreaterThanOrEqual(least)

describe('what is said of a lease', () => {
  test('that serves: all of the time, with its start and the evidence', async () => {
    const world = await openWatcher()
    await until(() => visits, 5)
    await until(() => challenges, 5)
    const observation = await seen(world)
    expect(observation).toMatchObject({ upBps: 10_000, startedAt: said.startedAt })
    expect(observation.probes).toBeGreaterThanOrEqual(5)
    expect(observation.answered).toBe(observation.challenges)
    const evidence = world.watcher.evidence(1n, lease.lease)
    expect(evidence?.observation).toEqual(observation)
    expect(probesHash(evidence?.probes ?? [])).toBe(observation.evidence)
    expect(new Set(evidence?.probes.map(({ kind }) => kind))).toEqual(new Set(['http', 'health', 'challenge']))
  })

  test('while the disk is full: what was seen is written later, and nothing ends', async () => {
    let full = false
    let failed = 0
    const world = await openWatcher({ isFull: () => full && ++failed > 0 })
    full = true
    await until(() => failed, 1)
    const before = visits
    await until(() => visits, before + 2)
    full = false
    const observation = await seen(world)
    expect(observation.upBps).toBe(10_000)
    const { probes } = world.watcher.evidence(1n, lease.lease) ?? expect.fail()
    expect(probesHash(probes)).toBe(observation.evidence)
  })

  test('whose provider answers monitors and not users: nothing, and it has not vanished', async () => {
    page = (_request, response) => response.writeHead(502).end()
    const world = await openWatcher()
    await until(() => visits, 20)
    const observation = await seen(world)
    expect(observation.upBps).toBe(0)
    expect([observation.answered > 0, world.suspicions]).toEqual([true, []])
    // What is challenged because a visit failed gets no second visit: who serves just then would hide behind it.
    const { probes } = world.watcher.evidence(1n, lease.lease) ?? expect.fail()
    expect(visits).toBeLessThan(1.5 * probes.filter(({ kind }) => kind === 'http').length + 5)
  })

  test('whose provider says that it does not run: nothing, whatever visitors are told', async () => {
    said.running = false
    page = (_request, response) => response.writeHead(404).end()
    const world = await openWatcher()
    await until(() => visits, 5)
    await until(() => challenges, 5)
    await seen(world)
    const { probes } = world.watcher.evidence(1n, lease.lease) ?? expect.fail()
    expect(probes.filter(({ kind }) => kind === 'health').map(({ outcome }) => outcome)).not.toContain('good')
  })

  test('that serves no visitors: what its provider says', async () => {
    said.url = ''
    const world = await openWatcher()
    await until(() => challenges, 5)
    expect(await seen(world)).toMatchObject({ upBps: 10_000 })
    expect(visits).toBe(0)
    said.running = false
    const before = challenges
    const from = nowSeconds() + 1
    await expect.poll(nowSeconds, { timeout: 20_000 }).toBeGreaterThan(from)
    await until(() => challenges, before + 10)
    const { observations } = await world.watcher.observe(2n, { from: from + 1, until: nowSeconds() + 1 }, [lease.lease])
    expect(observations[0]?.upBps).toBe(0)
  })

  test('whose order promised visitors something: nothing, if its provider says that it serves none', async () => {
    const tenant = await startNode()
    const content = await orderWithPort(tenant)
    lease = { ...lease, order: orderHash(marketDomain(market), content.order) }
    said.url = ''
    const world = await openWatcher({
      async before(node) {
        const heard = Promise.withResolvers<void>()
        node.orders.listen(() => heard.resolve())
        await tenant.dial(node.contact(), soon())
        await tenant.orders.ready({ signal: soon() })
        await tenant.orders.publish(content, soon())
        await heard.promise
      },
    })
    let failed = 0
    world.watcher.onProbe(({ kind }) => void (kind === 'http' && failed++))
    await until(() => failed, 2)
    await until(() => challenges, 5)
    const observation = await seen(world)
    expect([observation.upBps, observation.probes > 0]).toEqual([0, true])
  })

  test('that has not started yet, within its start window: nothing at all', async () => {
    said = { running: false, url: '' }
    lease = { ...lease, start: nowSeconds() - 1, startWindow: 600 }
    const world = await openWatcher()
    await until(() => challenges, 5)
    expect(await seen(world)).toMatchObject({ probes: 0, startedAt: 0, upBps: 0 })
  })

  test("that names a place which is not the lease's: nothing, and nobody goes there", async () => {
    said.url = `http://localhost:${port}`
    const world = await openWatcher()
    await until(() => challenges, 5)
    expect(await seen(world)).toMatchObject({ upBps: 0, answered: 0 })
    expect(visits).toBe(0)
  })

  test('by a monitor that is cut off itself: nothing, about nobody', async () => {
    connected = false
    page = (_request, response) => response.writeHead(502).end()
    const world = await openWatcher()
    await until(() => visits, 5)
    expect(await seen(world)).toMatchObject({ probes: 0, challenges: 0, upBps: 0 })
    expect(world.watcher.blind()).toBe(true)
    expect(world.suspicions).toEqual([])
    const { probes } = world.watcher.evidence(1n, lease.lease) ?? expect.fail()
    expect(new Set(probes.map(({ outcome }) => outcome))).toEqual(new Set(['blind']))
  })
})

describe('a provider that vanished', () => {
  test('is suspected after two rounds, and another monitor that looks for itself agrees', async () => {
    const first = await openWatcher()
    const second = await openWatcher()
    await until(() => visits, 2)
    await expect
      .poll(() => second.watcher.confirm(lease, soon()), { timeout: 60_000 })
      .toMatchObject({ vanished: false, code: 'providerAnswers' })
    await until(() => (second.watcher.sawAlive(lease.lease, 0) ? 1 : 0), 1)
    server.closeAllConnections()
    server.close()
    await provider.stop()
    const goneAt = nowSeconds()
    await until(() => first.suspicions.length, 1)
    const [suspicion] = first.suspicions
    // Dated by its first silent round, which may have begun before: no sign of life came after that.
    expect(first.watcher.sawAlive(lease.lease, (suspicion?.endedAt ?? 0) + 1)).toBe(false)
    const rounds = suspicion?.probes.filter(({ kind, outcome }) => kind === 'challenge' && outcome === 'bad') ?? []
    expect(rounds.length).toBeGreaterThanOrEqual(2)
    expect(await second.watcher.confirm(lease, soon())).toEqual({ vanished: true })
    expect(second.watcher.sawAlive(lease.lease, 0)).toBe(true)
    expect(second.watcher.sawAlive(lease.lease, goneAt + 2)).toBe(false)
    connected = false
    expect(await second.watcher.confirm(lease, soon())).toMatchObject({ vanished: false, code: 'blind' })
  })

  test('is not one whose lease still answers visitors, though its provider does not', async () => {
    const world = await openWatcher()
    await until(() => visits, 2)
    await provider.stop()
    const before = visits
    await until(() => visits, before + 20)
    expect(world.suspicions).toEqual([])
    expect(await world.watcher.confirm(lease, soon())).toMatchObject({ vanished: false, code: 'leaseAnswers' })
  })
})

test('an operator key that is not the one of the chain is not asked', async () => {
  const world = await openWatcher({ operator: `0x${'33'.repeat(20)}` })
  const before = challenges
  await world.watcher.watch(2n, [lease])
  expect(await world.watcher.confirm(lease, soon())).toMatchObject({ vanished: false, code: 'unheard' })
  expect(challenges).toBe(before)
})

test('at a moment the free units of a provider are tried by the monitor whose turn it is', async () => {
  const world = await openWatcher()
  await until(() => challenges, 1)
  let block = 0
  const told = async () => {
    block++
    world.watcher.block({ hash: bytes32(block), timestamp: NOW + block, parentTimestamp: NOW + block - 1 })
    return (await world.watcher.observe(1n, { from: 0, until: 1 }, [])).capacity.length
  }
  await expect.poll(told, { timeout: 60_000, interval: 200 }).toBeGreaterThan(1)
  const { capacity } = await world.watcher.observe(1n, { from: 0, until: 1 }, [])
  for (const check of capacity) {
    expect(check).toMatchObject({ provider: providerId, resource: free.resource, units: 3, proven: 3 })
  }
  expect(capacity.length).toBeLessThan(block)
})
