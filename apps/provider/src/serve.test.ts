import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { createBlockMeter } from '@tender/content'
import { createFakeContainerDriver, createFakeDriver } from '@tender/driver/fake'
import {
  askEvidence,
  askStatus,
  askUsage,
  copyIn,
  copyOut,
  dialableAt,
  evidenceHash,
  openExec,
  openTunnel,
  readLogs,
  sendExtend,
  sendManifest,
} from '@tender/network'
import { NOW, startNode, type TestNode } from '@tender/network/testNetwork'
import {
  leaseId as leaseIdOf,
  type Manifest,
  manifestHash,
  marketDomain,
  type Terms,
  typedData,
  unseal,
} from '@tender/protocol'
import { type Hex, sha256, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createJobBook } from './jobs/jobBook.ts'
import { openJobPlaces } from './jobs/jobPlaces.ts'
import { openArchives } from './leases/archives.ts'
import { openBlobs } from './leases/blobs.ts'
import { createKeeper, type Keeper } from './leases/keeper.ts'
import { createLeaseBook, type LeaseBook } from './leases/leaseBook.ts'
import { answerSchema, createAnswers } from './market/answers.ts'
import { servePeers } from './serve.ts'
import {
  createScriptedMarket,
  jobStores,
  leaseStores,
  manifestOf,
  openTestHost,
  openTestStore,
  orderOf,
  silent,
  termsOf,
  unreported,
} from './testKit.ts'

// Real peers, streams, files and store; the chain and the machine are played.

const images = {
  web: Buffer.from('image of web'),
  other: Buffer.from('image of another'),
  ails: Buffer.from('it ails'),
}
const soon = () => AbortSignal.timeout(120_000)
let directory: string
let provider: TestNode
let agent: TestNode
let now: number
let chain: ReturnType<typeof createScriptedMarket>
let book: LeaseBook
let keeper: Keeper
let ending: () => Promise<void>
let blobPath: (sha256: string) => string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tender-serve-'))
  provider = await startNode()
  agent = await startNode()
  now = 1_000
  chain = createScriptedMarket(() => now)
  const store = openTestStore()
  book = createLeaseBook(leaseStores(store), chain.market)
  const blobs = await openBlobs(join(directory, 'blobs'))
  blobPath = blobs.path
  const archives = await openArchives(join(directory, 'archives'))
  const scripts = {
    [blobs.path(sha256(images.web))]: {
      serves: 'hello',
      writes: ['one', 'two'],
      programs: { env: { writes: 'A=1', code: 3 } },
    },
    [blobs.path(sha256(images.other))]: { serves: 'goodbye', writes: ['three'] },
    [blobs.path(sha256(images.ails))]: { neverWell: 'db is not healthy' },
  }
  const host = openTestHost(scripts)
  const drivers = [createFakeContainerDriver(host), createFakeDriver(host)]
  const driverFor = (kind: string) => drivers.find((driver) => driver.kind === kind)
  const nowSeconds = () => now
  const { privateKey } = provider
  const policy = { settleEverySeconds: 600, keepEndedSeconds: 3_600, keepVolumesSeconds: 3_600 }
  const rest = { cardsOfJobs: () => [], driverFor, blobs, archives, reporting: unreported, nowSeconds, log: silent }
  keeper = createKeeper({ leases: book, market: chain.market, privateKey, policy, ...rest })
  await servePeers({
    node: provider,
    leases: book,
    jobs: createJobBook(jobStores(store), { view: async () => undefined }, { nowSeconds }),
    jobKeeper: { running: () => [], troubles: () => [] },
    jobPlaces: openJobPlaces(join(directory, 'jobs')),
    content: { block: async () => undefined },
    blockMeter: createBlockMeter(),
    answers: createAnswers(store.collection('answers', answerSchema)),
    maxBlobBytes: 1_000,
    discover: async () => {},
    urlOf: (lease) => `http://${lease}.localhost`,
    changed: keeper.wake,
    ...rest,
  })
  const aborting = new AbortController()
  const done = keeper.run(aborting.signal)
  ending = async () => {
    aborting.abort()
    await done
  }
})
afterEach(async () => {
  await ending()
  await rm(directory, { recursive: true })
})

const dialable = () => dialableAt(provider.addresses()[0] ?? expect.fail())

function manifestFor(image: Buffer, driver = 'containers'): Manifest {
  const ports = [{ target: 80, protocol: 'http' }] as const
  const made = manifestOf(sha256(image), {
    image: { kind: 'blob', sha256: sha256(image), bytes: image.length },
    ports: [...ports],
  })
  const volumes = driver === 'containers' ? [{ name: 'data', sizeBytes: 10 }] : []
  const brief = { ...made.brief, driver, ports: [...ports], diskBytes: 1_000, blobBytes: 1_000 }
  return { ...made, brief, volumes, salt: zeroHash }
}

/** A lease of `agent`, opened on the chain. */
async function openLease(manifest: Manifest, change: Partial<Terms> = {}): Promise<Hex> {
  const tenant = privateKeyToAccount(agent.privateKey).address
  const terms = termsOf({ tenant, ...change })
  chain.open(terms, 4_600)
  const order = orderOf({ tenant, agent: agent.address, manifest: manifestHash(manifest) })
  await book.open(terms, { order, agentKey: agent.publicKey }, soon())
  return leaseIdOf(terms)
}

function deliver(lease: Hex, manifest: Manifest, revision = 0) {
  const readBlob = ({ sha256: digest }: { sha256: Hex }) =>
    Object.values(images).filter((image) => sha256(image) === digest)
  return sendManifest(agent, dialable(), { lease, manifest, revision, secrets: {}, readBlob }, soon())
}

const statusOf = (lease: Hex) => askStatus(agent, dialable(), { lease }, soon())
const phaseOf = (lease: Hex) => expect.poll(() => statusOf(lease), { timeout: 20_000, interval: 20 })

async function runningLease(driver?: string): Promise<Hex> {
  const manifest = manifestFor(images.web, driver)
  const lease = await openLease(manifest)
  await deliver(lease, manifest)
  await phaseOf(lease).toMatchObject({ phase: 'ready', revision: 0, stop: 4_600 })
  return lease
}

async function end(lease: Hex): Promise<void> {
  chain.close(book.get(lease)?.terms ?? expect.fail())
  await book.refresh(lease, soon())
  keeper.wake()
}

describe("a lease's agent", () => {
  test('reaches a container by tunnels, commands and copies, until its lease is over', async () => {
    const lease = await runningLease()
    const place = { lease, service: 'web', replica: 0 }
    const tunnel = await openTunnel(agent, dialable(), { lease, service: 'web', port: 80 }, soon())
    tunnel.end('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    expect(await text(tunnel)).toMatch(/hello$/)

    const command = await openExec(agent, dialable(), { ...place, command: ['env'] }, soon())
    expect([await text(command.stdout), await command.exit]).toEqual(['A=1', 3])

    await copyIn(agent, dialable(), { ...place, path: '/data' }, Readable.from([Buffer.from('a tar')]), soon())
    const tar = await copyOut(agent, dialable(), { ...place, path: '/data' }, soon())
    expect((await buffer(tar)).toString()).toBe('a tar')

    await end(lease)
    const late = openTunnel(agent, dialable(), { lease, service: 'web', port: 80 }, soon())
    await expect(late).rejects.toMatchObject({ code: 'notRunning' })
  })

  test('is told that no way leads into a module', async () => {
    const lease = await runningLease('fake')
    const tunnel = openTunnel(agent, dialable(), { lease, service: 'web', port: 80 }, soon())
    await expect(tunnel).rejects.toMatchObject({ code: 'noWayIn' })
  })

  test('updates what runs, and hears why an update failed', async () => {
    const lease = await runningLease()
    await deliver(lease, manifestFor(images.other), 1)
    await phaseOf(lease).toMatchObject({ phase: 'ready', revision: 1, update: { revision: 1, state: 'done' } })
    await deliver(lease, manifestFor(images.ails), 2)
    await phaseOf(lease).toMatchObject({
      phase: 'ready',
      revision: 1,
      update: { revision: 2, state: 'failed', reason: expect.stringMatching('db is not healthy') },
    })
    await expect(deliver(lease, manifestFor(images.other), 2)).rejects.toMatchObject({ code: 'staleRevision' })
    const larger = { ...manifestFor(images.other), brief: { ...manifestFor(images.other).brief, cpuMillis: 4_000 } }
    await expect(deliver(lease, larger, 3)).rejects.toMatchObject({ code: 'updateExceedsOrder' })
  })

  test('is told what its workload uses while it runs', async () => {
    const manifest = manifestFor(images.web)
    const lease = await openLease(manifest)
    expect(await askUsage(agent, dialable(), { lease }, soon())).toBeUndefined()
    await deliver(lease, manifest)
    await phaseOf(lease).toMatchObject({ phase: 'ready' })
    const { services, ...usage } = (await askUsage(agent, dialable(), { lease }, soon())) ?? expect.fail()
    const { cpuMillis, memoryBytes } = manifest.brief
    expect(usage).toMatchObject({ memoryBytes: 2 ** 20, limits: { cpuMilli: cpuMillis, memoryBytes } })
    expect(services).toMatchObject([{ service: 'web', cpuMs: usage.cpuMs, memoryPeakBytes: usage.memoryPeakBytes }])

    await end(lease)
    await phaseOf(lease).toMatchObject({ phase: 'stopped' })
    expect(await askUsage(agent, dialable(), { lease }, soon())).toBeUndefined()
  })

  test('sees what a workload waits for', async () => {
    const manifest = manifestFor(images.ails)
    const lease = await openLease(manifest)
    await deliver(lease, manifest)
    await phaseOf(lease).toMatchObject({ phase: 'starting', waitingFor: 'db is not healthy' })
  })

  test('has its lease prolonged as its tenant permits', async () => {
    const lease = await runningLease()
    const account = privateKeyToAccount(agent.privateKey)
    const permission = { lease, latestEnd: 9_000, maxAmount: 10n ** 9n, expiry: 20_000 }
    const signature = await account.signTypedData(typedData(marketDomain(agent.market), 'Extend', permission))
    await sendExtend(agent, dialable(), { lease, permission, signature, runwaySeconds: 900 }, soon())
    now = 3_800
    keeper.wake()
    await phaseOf(lease).toMatchObject({ stop: 5_600 })
    const useless = { lease, permission: { ...permission, latestEnd: 5_600 }, runwaySeconds: 900 }
    const digest = typedData(marketDomain(agent.market), 'Extend', useless.permission)
    const again = sendExtend(agent, dialable(), { ...useless, signature: await account.signTypedData(digest) }, soon())
    await expect(again).rejects.toMatchObject({ code: 'extendTooShort' })
  })

  test('reads the log of a lease that ended days ago, which its provider cannot read any more', async () => {
    const lease = await runningLease()
    const linesOf = (unsealing: boolean) =>
      Array.fromAsync(
        readLogs(
          agent,
          dialable(),
          {
            lease,
            follow: false,
            tail: 100,
            ...(unsealing && {
              unseal: (sealed) => unseal({ privateKey: agent.privateKey, context: `logs:${lease}`, sealed }),
            }),
          },
          soon(),
        ),
      )
    expect((await linesOf(false)).map((line) => line.text)).toEqual(['one', 'two'])
    await end(lease)
    await phaseOf(lease).toMatchObject({ phase: 'stopped' })
    now += 100
    keeper.wake()
    await expect.poll(() => book.get(lease)?.phase, { timeout: 20_000 }).toBe('retired')
    expect((await linesOf(true)).map((line) => line.text)).toEqual(['one', 'two'])
    await expect(linesOf(false)).rejects.toMatchObject({ code: 'sealedLog' })

    now = 20_000
    keeper.wake()
    await expect.poll(() => book.get(lease)?.phase, { timeout: 20_000 }).toBe('destroyed')
    expect(await linesOf(true)).toEqual([])
  })

  test('is told why its lease ended, with what the chain has the hash of', async () => {
    const manifest = manifestFor(images.ails)
    const lease = await openLease(manifest)
    await deliver(lease, manifest)
    await phaseOf(lease).toMatchObject({ waitingFor: 'db is not healthy' })
    expect(await askEvidence(agent, dialable(), { lease }, soon())).toBeUndefined()
    now = 1_055
    keeper.wake()
    await phaseOf(lease).toMatchObject({ phase: 'stopped', reason: expect.stringMatching('db is not healthy') })
    const evidence = (await askEvidence(agent, dialable(), { lease }, soon())) ?? expect.fail()
    expect(evidence).toMatchObject({ leaseId: lease, reason: expect.stringMatching('db is not healthy') })
    expect(chain.lease(book.get(lease)?.terms ?? expect.fail()).evidence).toBe(evidenceHash(evidence))
  })

  test('is not another one', async () => {
    const lease = await runningLease()
    const stranger = await startNode()
    const command = openExec(stranger, dialable(), { lease, service: 'web', replica: 0, command: ['env'] }, soon())
    await expect(command).rejects.toMatchObject({ code: 'notAgent' })
    await expect(askEvidence(stranger, dialable(), { lease }, soon())).rejects.toMatchObject({ code: 'notAgent' })
    expect(blobPath(sha256(images.web))).toMatch(directory)
  })
})

test('an agent of before gets in nowhere with its old session, not even into a lease that was never shown another', async () => {
  const [before, after] = [await startNode(), await startNode()]
  const lease = await runningLease()
  const account = privateKeyToAccount(agent.privateKey)
  const shown = async (node: TestNode, issuedAt: number) => {
    const session = { tenant: account.address, agent: node.address, scopes: 255, issuedAt, expiry: NOW + 600 }
    const signature = await account.signTypedData(typedData(marketDomain(agent.market), 'Session', session))
    return { session, signature }
  }
  const [old, current] = [await shown(before, NOW - 20), await shown(after, NOW - 10)]
  await askStatus(before, dialable(), { lease, session: old }, soon())
  await askStatus(after, dialable(), { lease, session: current }, soon())

  const next = await openLease(manifestFor(images.other), { index: 1 })
  const again = askStatus(before, dialable(), { lease: next, session: old }, soon())
  await expect(again).rejects.toMatchObject({ code: 'notAgent' })
  expect(await askStatus(agent, dialable(), { lease: next }, soon())).toMatchObject({ phase: 'waiting' })
  await askStatus(after, dialable(), { lease: next, session: current }, soon())
  await expect(askStatus(before, dialable(), { lease }, soon())).rejects.toMatchObject({ code: 'notAgent' })
  expect(await askStatus(after, dialable(), { lease }, soon())).toMatchObject({ phase: 'ready' })
})
