import type { Driver } from '@tender/driver'
import { createFakeDriver } from '@tender/driver/fake'
import { type FindRoute, hostLabel } from '@tender/ingress'
import { leaseId as leaseIdOf } from '@tender/protocol'
import { beforeEach, expect, test } from 'vitest'
import { createLeaseBook, type LeaseBook } from '../leases/leaseBook.ts'
import {
  bytes32,
  createScriptedMarket,
  leaseStores,
  manifestOf,
  never,
  openTestHost,
  openTestStore,
  orderOf,
  termsOf,
} from '../testKit.ts'
import { createRoutes } from './routes.ts'

const terms = termsOf()
const id = leaseIdOf(terms)
const spec = {
  leaseId: id,
  services: [
    { name: 'web', shape: 'http', image: { kind: 'file', path: '/web' }, args: [], environment: {}, replicas: 1 },
  ],
  limits: { cpuMilli: 1, memoryBytes: 1, diskBytes: 0 },
} as const
let book: LeaseBook
let driver: Driver
let route: FindRoute
beforeEach(async () => {
  const chain = createScriptedMarket(() => 1_000)
  chain.open(terms, 4_600)
  book = createLeaseBook(leaseStores(openTestStore()), chain.market)
  await book.open(terms, orderOf(), never)
  driver = createFakeDriver(openTestHost({ '/web': { serves: 'hello' } }))
  route = createRoutes(book, (kind) => (kind === 'fake' ? driver : undefined)).route
})
const host = `${hostLabel(id)}.localhost`

test('a lease is found by its host from its first moment to its last', async () => {
  expect(await route('nobody.localhost')).toBeUndefined()
  expect(await route(host)).toEqual({ state: 'starting' })
  book.update(id, { phase: 'accepted', manifest: manifestOf(bytes32(1)) })
  expect(await route(host)).toEqual({ state: 'starting' })
  book.update(id, { phase: 'running', handle: await driver.start(spec, never) })
  expect(await route(host)).toMatchObject({ state: 'ready', headers: {} })
  book.update(id, { phase: 'failed', reason: 'crashed' })
  expect(await route(host)).toEqual({ state: 'failed', reason: 'crashed' })
  book.update(id, { phase: 'stopped', reason: undefined })
  expect(await route(host)).toEqual({ state: 'failed', reason: 'the lease is over' })
})

test('a workload that is run again is found where it listens now', async () => {
  const handle = await driver.start(spec, never)
  book.update(id, { phase: 'running', handle })
  const before = await route(host)
  await driver.destroy(handle)
  book.update(id, { phase: 'running', handle: await driver.start(spec, never) })
  const after = await route(host)
  expect(after).toMatchObject({ state: 'ready' })
  expect(after).not.toEqual(before)
})

test('a workload that serves nothing says so', async () => {
  book.update(id, { phase: 'running', handle: { leaseId: id, driver: 'gone', version: 1, state: null } })
  expect(await route(host)).toEqual({ state: 'failed', reason: 'it serves nothing' })
})
