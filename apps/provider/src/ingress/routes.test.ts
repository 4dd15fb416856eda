import { type AddressInfo, createServer, type Server } from 'node:net'
import {
  type Driver,
  type Endpoint,
  type Handle,
  NotServingError,
  type PortAddress,
  type RoutingDriver,
} from '@tender/driver'
import { createFakeDriver } from '@tender/driver/fake'
import { hostLabel, type Route } from '@tender/ingress'
import { type Manifest, UnreachableError } from '@tender/protocol'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { bytes32, manifestOf, never, openTestHost } from '../testKit.ts'
import { createRoutes, type RoutedLease, type Routes } from './routes.ts'

const id = bytes32(2 ** 52)
const label = hostLabel(id)
const host = `${label}.localhost`
const spec = {
  leaseId: id,
  services: [
    { name: 'web', shape: 'http', image: { kind: 'file', path: '/web' }, args: [], environment: {}, replicas: 1 },
  ],
  limits: { cpuMilli: 1, memoryBytes: 1, diskBytes: 0 },
} as const

type Ports = Manifest['services'][number]['ports']

/** A manifest with such services. */
function withServices(services: Record<string, Ports>): Manifest {
  const manifest = manifestOf(bytes32(1))
  const [first] = manifest.services
  if (!first) throw new Error('no service')
  return { ...manifest, services: Object.entries(services).map(([name, ports]) => ({ ...first, name, ports })) }
}

let record: RoutedLease
let driver: Driver
let routes: Routes
beforeEach(() => {
  driver = createFakeDriver(openTestHost({ '/web': { serves: 'hello' } }))
  record = { leaseId: id, phase: 'opened' }
  const leases = { get: (asked: string) => (asked === id ? record : undefined), live: () => [record] }
  routes = createRoutes(leases, (kind) => (kind === 'fake' ? driver : undefined))
})
const change = (over: Partial<RoutedLease>) => {
  record = { ...record, ...over }
}

test('a lease is found by its host from its first moment to its last', async () => {
  expect(await routes.route('nobody.localhost')).toBeUndefined()
  expect(await routes.route(host)).toEqual({ state: 'starting' })
  change({ phase: 'accepted', manifest: manifestOf(bytes32(1)) })
  expect(await routes.route(host)).toEqual({ state: 'starting' })
  change({ phase: 'running', handle: await driver.start(spec, never) })
  expect(await routes.route(host)).toMatchObject({ state: 'ready', headers: {} })
  change({ phase: 'failed', reason: 'crashed' })
  expect(await routes.route(host)).toEqual({ state: 'failed', reason: 'crashed' })
  change({ phase: 'stopped', reason: undefined })
  expect(await routes.route(host)).toEqual({ state: 'failed', reason: 'the lease is over' })
})

test('a workload that is run again is found where it listens now, by connections of its own', async () => {
  const handle = await driver.start(spec, never)
  change({ phase: 'running', handle })
  const before = await routes.route(host)
  expect(await routes.route(host)).toBe(before)
  await driver.destroy(handle)
  change({ handle: await driver.start(spec, never) })
  const after = await routes.route(host)
  expect(keyOf(after)).not.toBe(keyOf(before))
})

test('a workload that serves nothing says so', async () => {
  change({ phase: 'running', handle: { leaseId: id, driver: 'gone', version: 1, state: null } })
  expect(await routes.route(host)).toEqual({ state: 'failed', reason: 'it serves nothing' })
})

test('what is not ready yet is told until it was ready once', async () => {
  const handle = await driver.start(spec, never)
  let waitingFor: string | undefined = 'db is not healthy: exit code 1'
  driver = { ...driver, inspect: async () => ({ state: 'running', ...(waitingFor !== undefined && { waitingFor }) }) }
  change({ phase: 'running', handle })
  expect(await routes.route(host)).toEqual({ state: 'starting', reason: 'db is not healthy: exit code 1' })
  waitingFor = undefined
  expect(await routes.route(host)).toMatchObject({ state: 'ready' })
  waitingFor = 'db is not healthy: exit code 1'
  change({ handle: { ...handle } })
  expect(await routes.route(host)).toMatchObject({ state: 'ready' })
})

describe('services', () => {
  const manifest = withServices({
    db: [{ target: 5432, protocol: 'tcp' }],
    web: [{ target: 80, protocol: 'http' }],
    'My_API.v2': [
      { target: 81, protocol: 'http' },
      { target: 443, protocol: 'tls' },
    ],
    mq: [{ target: 8883, protocol: 'tls' }],
  })
  let asked: (PortAddress | undefined)[]
  beforeEach(async () => {
    asked = []
    change({ phase: 'running', manifest, handle: await driver.start(spec, never) })
    driver = routing(async (port) => {
      asked.push(port)
      return [{ host: '127.0.0.1', port: 1, headers: {} }]
    })
  })

  test.each([
    [host, undefined],
    [`web-${host}`, { service: 'web', port: 80 }],
    [`my-api-v2-${host}`, { service: 'My_API.v2', port: 81 }],
  ])('requests for %s go to %o', async (name, port) => {
    expect(await routes.route(name)).toMatchObject({ state: 'ready' })
    expect(asked).toEqual([port])
  })

  test.each([
    [`my-api-v2-${host}`, { service: 'My_API.v2', port: 443 }],
    [`mq-${host}`, { service: 'mq', port: 8883 }],
  ])('TLS for %s goes to %o', async (name, port) => {
    expect(await routes.passThrough(name)).toMatchObject({ state: 'ready' })
    expect(asked).toEqual([port])
  })

  test('TLS for others ends at the ingress', async () => {
    expect(await routes.passThrough(host)).toBeUndefined()
    expect(await routes.passThrough(`web-${host}`)).toBeUndefined()
    expect(await routes.passThrough('nobody.localhost')).toBeUndefined()
  })

  test.each([`nobody-${host}`, `-${host}`, `my_api.v2-${host}`])('%s is nobody', async (name) => {
    expect(await routes.route(name)).toBeUndefined()
    expect(await routes.passThrough(name)).toBeUndefined()
  })

  test('one that takes no HTTP says so', async () => {
    const told = { state: 'failed', reason: 'this service takes no HTTP requests' }
    expect(await routes.route(`db-${host}`)).toEqual(told)
    expect(await routes.route(`mq-${host}`)).toEqual(told)
  })

  test("a lease's own host is that of its only TLS service", async () => {
    change({ manifest: withServices({ mq: [{ target: 8883, protocol: 'tls' }] }) })
    expect(await routes.passThrough(host)).toMatchObject({ state: 'ready' })
    expect(asked).toEqual([{ service: 'mq', port: 8883 }])
  })

  test('nobody is told of services before there is a manifest', async () => {
    change({ phase: 'opened', manifest: undefined })
    expect(await routes.route(`web-${host}`)).toBeUndefined()
    expect(await routes.passThrough(host)).toBeUndefined()
  })
})

describe('several containers', () => {
  test('have their turn, and one that takes no connection is passed over', async () => {
    const [a, b] = [await listening(), await listening()]
    const endpoints = [a.endpoint, { ...a.endpoint, port: 1 }, b.endpoint]
    change({ phase: 'running', handle: await driver.start(spec, never) })
    driver = routing(async () => endpoints)
    for (let count = 0; count < 6; count++) await connectTo(await routes.route(host))
    await expect.poll(() => [a.taken(), b.taken()]).toEqual([2, 4])
  })

  test('when none takes any, the driver is asked anew', async () => {
    let endpoints: Endpoint[] = [{ host: '127.0.0.1', port: 1, headers: {} }]
    change({ phase: 'running', handle: await driver.start(spec, never) })
    driver = routing(async () => endpoints)
    await expect(connectTo(await routes.route(host))).rejects.toBeInstanceOf(UnreachableError)
    const moved = await listening()
    endpoints = [moved.endpoint]
    await connectTo(await routes.route(host))
    await expect.poll(moved.taken).toBe(1)
  })

  test('whoever gives up waits no longer', async () => {
    change({ phase: 'running', handle: await driver.start(spec, never) })
    driver = routing(async () => [(await listening()).endpoint])
    const reason = new Error('gone')
    const found = await routes.route(host)
    if (found?.state !== 'ready') throw new Error('not ready')
    await expect(found.connect(AbortSignal.abort(reason), {})).rejects.toBe(reason)
  })
})

test('a workload that ended in this moment fails its request only', async () => {
  change({ phase: 'running', handle: await driver.start(spec, never) })
  driver = routing(async () => {
    throw new NotServingError(id, 'it has ended')
  })
  await expect(routes.route(host)).rejects.toMatchObject({ code: 'notServing' })
})

/** The driver with other endpoints. */
function routing(endpoints: (port?: PortAddress) => Promise<readonly Endpoint[]>): RoutingDriver {
  return { ...driver, endpoints: (_: Handle, port?: PortAddress) => endpoints(port) }
}

async function listening() {
  let taken = 0
  const server: Server = createServer((socket) => {
    taken += 1
    socket.on('error', () => {}).resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  // CAST: it listens on TCP
  const { port } = server.address() as AddressInfo
  return { endpoint: { host: '127.0.0.1', port, headers: {} }, taken: () => taken }
}

async function connectTo(route: Route | undefined): Promise<void> {
  if (route?.state !== 'ready') throw new Error('not ready')
  const socket = await route.connect(never, {})
  socket.destroy()
}

function keyOf(route: Route | undefined): string | undefined {
  return route?.state === 'ready' ? route.key : undefined
}
