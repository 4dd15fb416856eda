import { createHash, randomBytes } from 'node:crypto'
import { manifestHash, marketDomain, messageHash, type Session, sessionScopes } from '@tender/protocol'
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import type { LeaseRecord } from '../leaseAccess.ts'
import { manifestOf, market, NOW, soon, startNode, startStranger, type TestNode } from '../testNetwork.ts'
import { encodeWire } from '../wire.ts'
import { sendManifest } from './manifest.ts'
import { type AcceptedManifest, type ManifestSink, serveManifests } from './serveManifests.ts'
import { askStatus, serveStatus } from './status.ts'

const lease: Hex = `0x${'77'.repeat(32)}`
const tenant = privateKeyToAccount(generatePrivateKey())
const sha256 = (bytes: Uint8Array): Hex => `0x${createHash('sha256').update(bytes).digest('hex')}`

async function signSession(change: Partial<Session>, signer = tenant) {
  const scopes = sessionScopes.streams | sessionScopes.manifest
  const agent = tenant.address
  const session = { tenant: tenant.address, agent, scopes, issuedAt: NOW, expiry: NOW + 60, ...change }
  return { session, signature: await signer.sign({ hash: messageHash(marketDomain(market), 'Session', session) }) }
}

/** A provider with one lease for `agent` that expects `file`'s manifest, and what it was given. */
async function setUp(file = randomBytes(300_000), change: Partial<ManifestSink> = {}) {
  const [agent, provider] = [await startNode(), await startNode()]
  const manifest = manifestOf(sha256(file), file.byteLength)
  const record: LeaseRecord = { tenant: tenant.address, agent: agent.address, manifest: manifestHash(manifest) }
  const stored = new Map<Hex, Uint8Array>()
  const accepted: Hex[] = []
  const sink: ManifestSink = {
    find: async (id) => (id === lease ? record : undefined),
    remember: async ({ session }) => {
      record.session = session
    },
    maxBytes: 64 * 1024 * 1024,
    hasBlob: async (hash) => stored.has(hash),
    async storeBlob({ sha256: hash, bytes }) {
      const parts: Uint8Array[] = []
      for await (const part of bytes) parts.push(part)
      stored.set(hash, Buffer.concat(parts))
    },
    async accept(delivery) {
      accepted.push(delivery.lease)
      return { url: 'http://x.localhost' }
    },
    ...change,
  }
  await serveManifests(provider, sink)
  const status = async () => ({ phase: 'ready' as const, url: 'http://x.localhost', revision: 0, stop: NOW })
  await serveStatus(provider, { ...sink, status })
  const deliver = (from: TestNode, parts: Partial<Parameters<typeof sendManifest>[2]> = {}) =>
    sendManifest(from, provider.contact(), { lease, manifest, readBlob: () => [file], ...parts }, soon())
  return { agent, provider, manifest, record, stored, accepted, deliver, file }
}

test('a manifest and its file arrive, and what is there is not sent again', async () => {
  const { agent, stored, accepted, deliver, file } = await setUp()
  const progress: number[] = []
  expect(await deliver(agent, { onProgress: ({ sentBytes }) => progress.push(sentBytes) })).toEqual({
    url: 'http://x.localhost',
  })
  expect(stored.get(sha256(file))).toEqual(file)
  expect(progress.at(-1)).toBe(file.byteLength)
  await deliver(agent, {
    readBlob: () => {
      throw new Error('sent again')
    },
  })
  expect(accepted).toEqual([lease, lease])
})

test('secrets arrive still sealed; an update is another manifest of the same lease', async () => {
  const accepted: AcceptedManifest[] = []
  const accept = async (delivery: AcceptedManifest) => {
    accepted.push(delivery)
    return {}
  }
  const { agent, manifest, deliver } = await setUp(undefined, { accept })
  const secrets: Record<string, Hex> = { password: '0x0102', 'tls.key': `0x${'ab'.repeat(64 * 1024)}` }
  await deliver(agent, { secrets })
  const changed = manifestOf(sha256(Buffer.from('other')), 5)
  const update = { manifest: changed, readBlob: () => [Buffer.from('other')] }
  await deliver(agent, { ...update, revision: 3, secrets: {} })
  expect(accepted).toEqual([
    { lease, manifest, revision: 0, secrets },
    { lease, manifest: changed, revision: 3, secrets: {} },
  ])
  await expect(deliver(agent, update)).rejects.toMatchObject({ code: 'manifestMismatch' })
  await expect(deliver(agent, { secrets: { large: `0x${'ab'.repeat(64 * 1024 + 1)}` } })).rejects.toThrow()
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`s${n}`, `0x${'ab'.repeat(60 * 1024)}` as Hex])) // CAST: bytes in hex
  await expect(deliver(agent, { secrets: many })).rejects.toMatchObject({ code: 'tooLarge' })
  expect(accepted).toHaveLength(2)
})

describe('refused, and nothing kept', () => {
  test('who is not the agent', async () => {
    const { stored, accepted, deliver } = await setUp()
    await expect(deliver(await startNode())).rejects.toMatchObject({ code: 'notAgent', class: 'denied' })
    expect([stored.size, accepted.length]).toEqual([0, 0])
  })

  test('a lease that is not there', async () => {
    const { agent, deliver } = await setUp()
    await expect(deliver(agent, { lease: `0x${'00'.repeat(32)}` })).rejects.toMatchObject({
      code: 'unknownLease',
      class: 'notFound',
    })
  })

  test('another manifest', async () => {
    const { agent, manifest, stored, deliver } = await setUp()
    const other = { ...manifest, salt: `0x${'99'.repeat(32)}` as const }
    await expect(deliver(agent, { manifest: other })).rejects.toMatchObject({ code: 'manifestMismatch' })
    expect(stored.size).toBe(0)
  })

  test('another file of the same size', async () => {
    const { agent, stored, accepted, deliver, file } = await setUp()
    const other = () => [randomBytes(file.byteLength)]
    await expect(deliver(agent, { readBlob: other })).rejects.toMatchObject({ code: 'blobMismatch' })
    expect([stored.size, accepted.length]).toEqual([0, 0])
  })

  test('a file that is too short or too long', async () => {
    const { agent, stored, accepted, deliver, file } = await setUp()
    await expect(deliver(agent, { readBlob: () => [file.subarray(1)] })).rejects.toMatchObject({ code: 'badFrame' })
    await expect(deliver(agent, { readBlob: () => [randomBytes(1), file] })).rejects.toThrow()
    expect([stored.size, accepted.length]).toEqual([0, 0])
  })

  test('more bytes than the provider takes', async () => {
    const { agent, stored, deliver } = await setUp(randomBytes(1000), { maxBytes: 999 })
    await expect(deliver(agent)).rejects.toMatchObject({ code: 'tooLarge', class: 'user' })
    expect(stored.size).toBe(0)
  })

  test('a stranger that sends a file nobody asked for', async () => {
    const { agent, provider, stored, deliver } = await setUp()
    const stranger = await startStranger(provider)
    const stream = await stranger.open('manifest')
    const bytes = encodeWire({ lease, manifest: 'mine' })
    stream.send(Buffer.concat([Uint8Array.of(0, 0, 0, bytes.length), bytes, new Uint8Array(1_000_000)]))
    await deliver(agent)
    expect(stored.size).toBe(1)
  })
})

test('a provider that stops taking in the middle says why, and the sender stops', async () => {
  const { agent, deliver } = await setUp(randomBytes(20_000_000), {
    async storeBlob({ bytes }) {
      for await (const _ of bytes) throw Object.assign(new Error('disk'), {})
    },
  })
  let sent = 0
  await expect(deliver(agent, { onProgress: ({ sentBytes }) => (sent = sentBytes) })).rejects.toMatchObject({
    code: 'internal',
  })
  expect(sent).toBeLessThan(20_000_000)
})

describe("the tenant's sessions", () => {
  test('a newer session replaces the agent, also the one before', async () => {
    const { agent, provider, record, deliver } = await setUp()
    const [first, second] = [await startNode(), await startNode()]
    await deliver(first, { session: await signSession({ agent: first.address, issuedAt: NOW - 2 }) })
    expect(record.session?.agent).toBe(first.address)
    await expect(deliver(agent)).rejects.toMatchObject({ code: 'notAgent' })
    await deliver(first)
    const newer = await signSession({ agent: second.address, issuedAt: NOW - 1 })
    expect(await askStatus(second, provider.contact(), { lease, session: newer }, soon())).toMatchObject({
      phase: 'ready',
    })
    const older = await signSession({ agent: first.address, issuedAt: NOW - 2 })
    await expect(deliver(first, { session: older })).rejects.toMatchObject({ code: 'notAgent' })
  })

  test.each<[string, (agent: Hex) => ReturnType<typeof signSession>]>([
    ['badSession', (agent) => signSession({ agent }, privateKeyToAccount(generatePrivateKey()))],
    ['sessionExpired', (agent) => signSession({ agent, expiry: NOW })],
    ['scopeMissing', (agent) => signSession({ agent, scopes: sessionScopes.logs })],
    ['notAgent', () => signSession({})],
  ])('%s', async (code, make) => {
    const { record, deliver } = await setUp()
    const node = await startNode()
    await expect(deliver(node, { session: await make(node.address) })).rejects.toMatchObject({ code })
    expect(record.session).toBeUndefined()
  })
})
