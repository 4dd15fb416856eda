import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createConnection, createServer as createTcpServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { hostLabel, type Ingress, type ReadyRoute, startIngress } from '@tender/ingress'
import { startTestAcmeServer } from '@tender/ingress/testAcmeServer'
import { createLog } from '@tender/kit'
import {
  createNetworkNode,
  dialableAt,
  keepPublished,
  type NetworkNode,
  type Publisher,
  publishLeases,
  serveIngress,
} from '@tender/network'
import { NotFoundError, TenderError } from '@tender/protocol'
import { findProvider, type MarketClient, matchOrder, signOrder } from '@tender/sdk'
import {
  addProvider,
  addTenant,
  orderOf,
  startTestMarket,
  type TestMarket,
  type TestProvider,
  testAccount,
} from '@tender/sdk/testMarket'
import { bytesToHex, type Hex } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type RelayConfigFile, relayConfigSchema } from './config.ts'
import { type Relay, startRelay } from './startRelay.ts'

const log = createLog({ name: 'test', level: 'silent' })
const domain = 'relay.test'
const soon = () => AbortSignal.timeout(30_000)

let market: TestMarket
let tenant: MarketClient
let providers: (TestProvider & { privateKey: Hex })[]
let nonce = 0n
beforeAll(async () => {
  market = await startTestMarket()
  tenant = await addTenant(market, { account: 1, amount: 10_000_000n })
  providers = []
  for (const first of [2, 4]) {
    const key = testAccount(first + 1).getHdKey().privateKey
    if (!key) throw new Error('no key')
    providers.push({ ...(await addProvider(market, { first })), privateKey: bytesToHex(key) })
  }
})
afterAll(() => market.stop())

async function openLease(index = 0): Promise<Hex> {
  nonce += 1n
  const { order, hash } = await signOrder(tenant, { order: await orderOf(market, tenant, { nonce }) })
  const { leases } = await matchOrder(tenant, { order, offers: [await providerAt(index).bid(hash)] })
  const [lease] = leases
  if (!lease) throw new Error('no lease')
  return lease.leaseId
}

function providerAt(index: number) {
  const provider = providers[index]
  if (!provider) throw new Error('no provider')
  return provider
}

type RelaySetting = { privateKey?: Hex; listen?: string; port?: number; visitorsPerLease?: number; tls?: TlsConfigFile }
type TlsConfigFile = NonNullable<NonNullable<RelayConfigFile['ingress']>['tls']>

/** No certificate is there: what is passed through needs none. */
const noCertificate: TlsConfigFile = {
  from: 'files',
  port: 0,
  certificates: [{ host: `*.${domain}`, certFile: '/none', keyFile: '/none' }],
}

async function openRelay(setting: RelaySetting = {}) {
  const { privateKey = generatePrivateKey(), listen, port = 0, visitorsPerLease = 512, tls = noCertificate } = setting
  const stateDir = mkdtempSync(join(tmpdir(), 'tender-relay-'))
  const config = relayConfigSchema.parse({
    stateDir,
    rpcUrl: market.chain.url,
    book: market.book,
    network: { listen: [listen ?? '/ip4/127.0.0.1/tcp/0'] },
    ingress: { host: '127.0.0.1', port, domain, tls },
    limits: { visitorsPerLease },
  })
  const relay = await startRelay({ config, privateKey, log })
  onTestFinished(async () => {
    await relay.stop()
    rmSync(stateDir, { recursive: true, force: true })
  })
  return relay
}

type Host = { http?: ReadyRoute; tls?: ReadyRoute }
type Hidden = { node: NetworkNode; publisher: Publisher; hosts: Map<string, Host>; ingress: Ingress }

/** A provider that listens nowhere and is reached through the relay only. */
async function openHidden(relay: Pick<Relay, 'addresses'>, index = 0): Promise<Hidden> {
  const { privateKey } = providerAt(index)
  const node = await createNetworkNode({
    privateKey,
    listen: [],
    bootstrap: [],
    relays: relay.addresses(),
    market: { chainId: market.book.chainId, orderBook: market.book.contracts.orderBook },
    verifySignature: async () => false,
    providerOf: async (operator) => (await findProvider(tenant, { operator }))?.id,
    nowSeconds: () => 0,
    log: () => {},
  })
  const hosts = new Map<string, Host>()
  const route = async (host: string) => hosts.get(host)?.http
  const ingress = await startIngress({
    listeners: [],
    route,
    passThrough: async (host) => hosts.get(host)?.tls,
    log: () => {},
  })
  await serveIngress(node, {
    connect: async ({ host, secure, clientAddress: address }) => {
      const found = hosts.get(host)
      if (secure && !found) throw new NotFoundError('nobody', { code: 'unknownHost' })
      if (secure && !found?.tls) throw new TenderError('here', { code: 'tlsEndsAtRelay', class: 'conflict' })
      return ingress.connect({ tls: secure, trusted: !secure, address })
    },
  })
  const stopping = new AbortController()
  const publisher = keepPublished(node, stopping.signal)
  onTestFinished(async () => {
    stopping.abort()
    await node.stop()
    await ingress.close()
  })
  await node.start()
  return { node, publisher, hosts, ingress }
}

async function listening(server: Server): Promise<ReadyRoute> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  // CAST: it listens on TCP
  const { port } = server.address() as AddressInfo
  const open = async () => createConnection({ host: '127.0.0.1', port, allowHalfOpen: true })
  return { state: 'ready', key: String(port), headers: {}, connect: open }
}

async function get(port: number | undefined, host: string, body = '') {
  const asking = request({ port, host: '127.0.0.1', method: 'POST', headers: { host }, agent: false })
  // CAST: what `response` brings
  const [response] = (await once(asking.end(body), 'response')) as [IncomingMessage]
  return { status: response.statusCode, text: Buffer.concat(await response.toArray()).toString() }
}

describe('a provider that listens nowhere', () => {
  let relay: Relay
  let hidden: Hidden
  let lease: Hex
  let host: string
  const seen: IncomingMessage['headers'][] = []
  const served = (by = relay) => expect.poll(async () => (await get(by.ingressPorts[0], host, 'x')).text).toBe('x')

  beforeEach(async () => {
    seen.length = 0
    relay = await openRelay()
    hidden = await openHidden(relay)
    lease = await openLease()
    host = `${hostLabel(lease)}.${domain}`
    const workload = createServer((asked, response) => {
      seen.push(asked.headers)
      asked.pipe(response)
    })
    workload.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: raw\r\n\r\n')
      socket.pipe(socket)
    })
    hidden.hosts.set(host, { http: await listening(workload) })
  })

  test('serves its leases at the relay, knows where, and who came', async () => {
    expect((await get(relay.ingressPorts[0], host)).status).toBe(404)
    hidden.publisher.set([lease])
    await served()
    const [http, https] = relay.ingressPorts
    expect(hidden.publisher.domains()).toMatchObject([{ domain, http, https }])

    const body = 'x'.repeat(5 * 2 ** 20)
    const answer = await get(http, host, body)
    expect([answer.status, answer.text === body]).toEqual([200, true])
    expect(seen[0]).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', host })
    const many = await Promise.all(Array.from({ length: 50 }, (_, index) => get(http, host, String(index))))
    expect(many.map(({ text }) => text)).toEqual(many.map((_, index) => String(index)))

    expect((await get(http, `nobody-${host}`)).status).toBe(404)
    expect((await get(http, host.replace(domain, 'other.test'))).status).toBe(404)
    const told = await relay.metrics.text()
    expect(told).toMatch(/tender_relay_held_places{.*} 1\n/)
    expect(told).toMatch(/tender_relay_published_leases{.*} 1\n/)
    // What was sent came back: over visitors' connections, and over the provider's.
    const bytes = [...told.matchAll(/tender_relay_(?:ingress|network)_(?:received|sent)_bytes_total{.*} (\d+)/g)]
    expect(bytes).toHaveLength(4)
    for (const [line, count] of bytes) expect(Number(count), line).toBeGreaterThan(body.length)
    hidden.publisher.set([])
    await expect.poll(async () => (await get(http, host)).status).toBe(404)
  })

  test('speaks other protocols with its visitors too', async () => {
    hidden.publisher.set([lease])
    await served()
    const headers = { host, connection: 'upgrade', upgrade: 'raw' }
    const asking = request({ port: relay.ingressPorts[0], host: '127.0.0.1', headers, agent: false })
    // CAST: what `upgrade` brings
    const [, socket] = (await once(asking.end(), 'upgrade')) as [IncomingMessage, Duplex]
    const body = Buffer.alloc(3 * 2 ** 20, 'tender')
    const answer = socket.toArray()
    socket.end(body)
    expect(Buffer.concat(await answer).equals(body)).toBe(true)
  })

  test("cannot publish another's lease", async () => {
    const other = await openHidden(relay, 1)
    await expect.poll(() => other.node.relays()).toMatchObject([{ reserved: true }])
    const refusal = publishLeases(other.node, dialableAt(relay.addresses()[0] ?? ''), { leases: [lease] }, soon())
    await expect(refusal).rejects.toMatchObject({ code: 'notYourLease' })
    hidden.publisher.set([lease])
    await served()
  })

  test('ends TLS itself if it says so; otherwise no certificate means no connection', async () => {
    let got = Buffer.alloc(0)
    const workload = createTcpServer((socket) =>
      socket.on('data', (part) => {
        got = Buffer.concat([got, part])
        socket.end('not TLS, but mine')
      }),
    )
    hidden.hosts.set(`mq-${host}`, { tls: await listening(workload) })
    hidden.publisher.set([lease])
    await served()
    const [, port] = relay.ingressPorts
    const handshake = async (servername: string) => {
      const socket = connectTls({ port, host: '127.0.0.1', servername })
      const [error] = await once(socket, 'error')
      return String(error.code)
    }
    // What the workload says comes back as it is.
    expect(await handshake(`mq-${host}`)).toMatch(/WRONG_VERSION_NUMBER|PACKET/)
    expect(got.includes(`mq-${host}`)).toBe(true)
    expect(await handshake(host)).toMatch(/UNRECOGNIZED_NAME/)
    expect(await handshake(`nobody-${host}`)).toMatch(/UNRECOGNIZED_NAME/)
    expect(await handshake(`nobody.${domain}`)).toMatch(/UNRECOGNIZED_NAME/)
  })

  test('comes back to a relay that was killed, and publishes again', async () => {
    const privateKey = generatePrivateKey()
    const first = await openRelay({ privateKey })
    const [address = ''] = first.addresses()
    const back = await openHidden(first)
    back.hosts.set(host, hidden.hosts.get(host) ?? {})
    back.publisher.set([lease])
    await served(first)
    await first.stop()
    await expect.poll(() => back.publisher.domains()).toEqual([])
    const second = await openRelay({ privateKey, listen: address.split('/p2p/')[0] ?? '' })
    await served(second)
  })
})

test('a relay gets certificates for the hosts that its providers know, and for no others', async () => {
  let plain = 0
  const acme = await startTestAcmeServer(() => plain)
  const relay = await openRelay({ tls: { from: 'acme', port: 0, directory: acme.directory, termsAgreed: true } })
  plain = relay.ingressPorts[0] ?? 0
  const hidden = await openHidden(relay)
  const lease = await openLease()
  const host = `${hostLabel(lease)}.${domain}`
  const seen: IncomingMessage['headers'][] = []
  const workload = createServer((asked, response) => {
    seen.push(asked.headers)
    response.end('hello')
  })
  hidden.hosts.set(host, { http: await listening(workload) })
  hidden.publisher.set([lease])
  await expect.poll(async () => (await get(plain, host)).text).toBe('hello')

  const visit = async (servername: string) => {
    const ca = acme.authority.root
    const socket = connectTls({ port: relay.ingressPorts[1], host: '127.0.0.1', servername, ca })
    await once(socket, 'secureConnect')
    socket.write(`GET / HTTP/1.1\r\nhost: ${servername}\r\nconnection: close\r\n\r\n`)
    return Buffer.concat(await socket.toArray()).toString()
  }
  expect(await visit(host)).toMatch(/200 OK.*hello$/s)
  expect(seen.at(-1)).toMatchObject({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '127.0.0.1' })
  await expect(visit(`nobody-${host}`)).rejects.toMatchObject({ code: expect.stringContaining('UNRECOGNIZED_NAME') })
  await expect(visit(`nobody.${domain}`)).rejects.toMatchObject({ code: expect.stringContaining('UNRECOGNIZED_NAME') })
  expect([acme.ordered, acme.unproved]).toEqual([[host], []])
})

test('one lease can have only so many connections', async () => {
  const relay = await openRelay({ visitorsPerLease: 2 })
  const hidden = await openHidden(relay)
  const lease = await openLease()
  const host = `${hostLabel(lease)}.${domain}`
  let open = 0
  const workload = createServer((asked, response) => {
    if (asked.method === 'POST') return void response.end('known')
    open += 1
    response.on('close', () => {
      open -= 1
    })
    response.write('for a while')
  })
  hidden.hosts.set(host, { http: await listening(workload) })
  hidden.publisher.set([lease])
  const [port] = relay.ingressPorts
  await expect.poll(async () => (await get(port, host)).text).toBe('known')
  const held = [0, 1].map(() => request({ port, host: '127.0.0.1', headers: { host }, agent: false }).end())
  await Promise.all(held.map((asking) => once(asking, 'response')))
  expect(await get(port, host)).toMatchObject({ status: 503 })
  held[0]?.on('error', () => {}).destroy()
  await expect.poll(() => open).toBe(1)
  const again = request({ port, host: '127.0.0.1', headers: { host }, agent: false })
  const [response] = await once(again.end(), 'response')
  expect(response.statusCode).toBe(200)
  for (const asking of [held[1], again]) asking?.on('error', () => {}).destroy()
})
