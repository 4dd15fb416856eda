import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createConnection, createServer as createTcpServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { type FindRoute, type Ingress, type ReadyRoute, startIngress } from '@tender/ingress'
import { type NetworkNode, openIngress, type PublishedLeases, serveRelayIngress } from '@tender/network'
import { startHidden, startNode } from '@tender/network/testNetwork'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { bytes32, never } from '../testKit.ts'
import { joinRelays } from './joinRelays.ts'
import type { RoutedLease } from './routes.ts'

const [first, second] = [bytes32(1), bytes32(2)]
const domain = 'relay.test'

let relay: NetworkNode
let node: NetworkNode
let published: PublishedLeases
let live: RoutedLease[]
let ingress: Ingress
let places: Awaited<ReturnType<typeof joinRelays>>
const routes = new Map<string, ReadyRoute>()
const through = new Map<string, ReadyRoute>()
const routesIn =
  (map: Map<string, ReadyRoute>): FindRoute =>
  async (host) =>
    map.get(host)

beforeEach(async () => {
  routes.clear()
  through.clear()
  live = []
  relay = await startNode({ relay: {} })
  published = await serveRelayIngress(relay, { domain, http: 80, https: 443, owns: async () => true })
  node = await startHidden(7n, relay)
  const found = { route: routesIn(routes), passThrough: routesIn(through) }
  ingress = await startIngress({ listeners: [], ...found, log: () => {} })
  const stopping = new AbortController()
  onTestFinished(async () => {
    stopping.abort()
    await ingress.close()
  })
  const leases = { get: (id: string) => live.find(({ leaseId }) => leaseId === id), live: () => live }
  places = await joinRelays({ node, leases, routes: found, ingress, signal: stopping.signal })
})

async function listening(server: Server): Promise<ReadyRoute> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  // CAST: it listens on TCP
  const { port } = server.address() as AddressInfo
  const connect = async () => createConnection({ host: '127.0.0.1', port, allowHalfOpen: true })
  return { state: 'ready', key: String(port), headers: {}, connect }
}

/** A visitor whom the relay brings. */
function visit(host: string, secure: boolean): Promise<Duplex> {
  return openIngress(relay, node.contact(), { lease: first, host, secure, clientAddress: '203.0.113.7' }, never)
}

test('the relay knows the leases that run here, as they come and go, and we where it serves them', async () => {
  await expect.poll(() => places(), { timeout: 10_000 }).toMatchObject([{ domain, http: 80, https: 443 }])
  live = [
    { leaseId: second, phase: 'opened' },
    { leaseId: first, phase: 'running' },
  ]
  await expect.poll(() => published.leases()).toEqual([first, second])
  live = [
    { leaseId: second, phase: 'running' },
    { leaseId: first, phase: 'stopped' },
  ]
  await expect.poll(() => published.leases()).toEqual([second])
})

test('requests of its visitors are served, with the address that it says', async () => {
  const workload = createServer((asked, response) => response.end(`hello ${asked.headers['x-forwarded-for']}`))
  routes.set('web.relay.test', await listening(workload))
  const connection = await visit('web.relay.test', false)
  let heard = ''
  connection.on('data', (part) => {
    heard += part
  })
  connection.write('GET / HTTP/1.1\r\nhost: web.relay.test\r\nx-forwarded-for: 198.51.100.9\r\n\r\n')
  await expect.poll(() => heard).toMatch(/hello 198\.51\.100\.9$/)
  connection.end('GET / HTTP/1.1\r\nhost: nobody.relay.test\r\nconnection: close\r\n\r\n')
  await once(connection, 'close')
  expect(heard).toMatch(/HTTP\/1\.1 404.*No lease here answers to this host\.\n$/s)
})

test('TLS goes to the workloads that end it; for others the relay is told that it may, or that there is nobody', async () => {
  const workload = createTcpServer((socket) => socket.on('data', () => socket.end('an answer')))
  through.set('mq.relay.test', await listening(workload))
  routes.set('web.relay.test', await listening(createServer()))

  const connection = await visit('mq.relay.test', true)
  connection.end(Buffer.from(clientHello('mq.relay.test')))
  expect(Buffer.concat(await connection.toArray()).toString()).toBe('an answer')
  await expect(visit('web.relay.test', true)).rejects.toMatchObject({ code: 'tlsEndsAtRelay' })
  await expect(visit('nobody.relay.test', true)).rejects.toMatchObject({ code: 'unknownHost' })
})

test('a provider without relays is reached through none', async () => {
  const alone = await startNode()
  const leases = { get: () => undefined, live: () => [] }
  const found = { route: routesIn(routes), passThrough: routesIn(through) }
  const none = await joinRelays({ node: alone, leases, routes: found, ingress, signal: never })
  expect(none()).toEqual([])
})

/** The least that names a server (RFC 8446, 4.1.2). */
function clientHello(serverName: string): number[] {
  const name = [...Buffer.from(serverName)]
  const sized = (bytes: number[], size: number) => [...Array(size - 1).fill(0), bytes.length, ...bytes]
  const extension = [0, 0, ...sized(sized([0, ...sized(name, 2)], 2), 2)]
  const body = [3, 3, ...Array(32).fill(1), 0, ...sized([19, 1], 2), ...sized([0], 1), ...sized(extension, 2)]
  return [22, 3, 1, ...sized([1, ...sized(body, 3)], 2)]
}
