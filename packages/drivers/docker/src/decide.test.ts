import { expect, test } from 'vitest'
import type { Seen } from './containers.ts'
import { endOf, type HostTimes, mayStart, reasonOf, viewOf, waitingFor } from './decide.ts'
import type { Plan, PlannedService } from './record.ts'

const times: HostTimes = { nowMs: 10_000, rebooted: false }

const seen = (service: string, more: Partial<Seen> = {}): Seen => ({
  id: service,
  name: service,
  service,
  replica: 0,
  state: 'live',
  restarting: false,
  pid: 7,
  exitCode: 0,
  outOfMemory: false,
  error: '',
  startedAtMs: 1_000,
  finishedAtMs: 0,
  restarts: 0,
  health: 'none',
  healthOutput: '',
  logPath: '',
  labels: {},
  ...more,
})
const ended = (service: string, exitCode: number, more: Partial<Seen> = {}) =>
  seen(service, { state: 'ended', exitCode, finishedAtMs: 2_000, ...more })

const service = (name: string, more: Partial<PlannedService> = {}): PlannedService => ({
  name,
  shape: 'command',
  ports: [],
  dependsOn: {},
  restart: 'never',
  writes: false,
  ...more,
})
const planOf = (...services: PlannedService[]): Plan => ({
  specHash: '',
  services,
  members: services.map(({ name }, address) => ({ name, service: name, replica: 0, hash: '', address })),
})

test('an end has its reason', () => {
  const reasons: [Seen | undefined, unknown][] = [
    [undefined, { kind: 'lost' }],
    [seen('a'), undefined],
    [seen('a', { state: 'created' }), undefined],
    [ended('a', 0), { kind: 'exited', code: 0 }],
    [ended('a', 128), { kind: 'exited', code: 128 }],
    [ended('a', 255), { kind: 'exited', code: 255 }],
    [ended('a', 139), { kind: 'crashed', detail: 'died of SIGSEGV' }],
    [ended('a', 137, { outOfMemory: true }), expect.objectContaining({ kind: 'killed', by: 'memory' })],
    // One of its processes was killed for its memory, long ago.
    [ended('a', 1, { outOfMemory: true }), { kind: 'exited', code: 1 }],
    // The engine itself ends so what it finds running, when it comes back.
    [ended('a', 137), { kind: 'lost' }],
    [ended('a', 127, { startedAtMs: 0, error: 'no such file' }), { kind: 'invalid', detail: 'no such file' }],
  ]
  for (const [container, reason] of reasons) expect(reasonOf(container, times)).toEqual(reason)
  const later = { ...times, rebooted: true }
  expect(reasonOf(ended('a', 255), later)).toEqual({ kind: 'lost' })
  expect(reasonOf(ended('a', 0), later)).toEqual({ kind: 'exited', code: 0 })
})

test('a workload ends with all its parts, or with one that is lost', () => {
  const plan = planOf(service('a'), service('b'))
  const end = (...containers: Seen[]) => endOf(plan, viewOf(containers), times)
  expect(end(seen('a'), ended('b', 3))).toBeUndefined()
  expect(end(ended('a', 0), seen('b', { restarting: true }))).toBeUndefined()
  expect(end(ended('a', 0), ended('b', 0, { finishedAtMs: 3_000 }))).toEqual({
    reason: { kind: 'exited', code: 0 },
    atMs: 3_000,
  })
  expect(end(ended('a', 4), ended('b', 3, { finishedAtMs: 1_500 }))).toEqual({
    reason: { kind: 'exited', code: 3 },
    atMs: 1_500,
  })
  expect(end(seen('a'), ended('b', 137))).toEqual({ reason: { kind: 'lost' }, atMs: 10_000 })
  expect(end(seen('a'))).toMatchObject({ reason: { kind: 'lost' } })
})

test('what the engine should have started again is lost', () => {
  const end = (more: Partial<PlannedService>, container: Seen) =>
    endOf(planOf(service('a', more)), viewOf([container]), times)?.reason
  expect(end({ restart: 'always' }, ended('a', 0))).toEqual({ kind: 'lost' })
  expect(end({ restart: 'failed' }, ended('a', 0))).toEqual({ kind: 'exited', code: 0 })
  expect(end({ restart: 'failed' }, ended('a', 1))).toEqual({ kind: 'lost' })
  expect(end({ restart: 'failed', maxRetries: 2 }, ended('a', 1, { restarts: 1 }))).toEqual({ kind: 'lost' })
  expect(end({ restart: 'failed', maxRetries: 2 }, ended('a', 1, { restarts: 2 }))).toEqual({ kind: 'exited', code: 1 })
})

test('a service starts once what it waits for is as it has to be', () => {
  const may = (until: 'started' | 'healthy' | 'completed', db: Seen) => {
    const api = service('api', { dependsOn: { db: until } })
    const answer = mayStart(api, planOf(service('db'), api), viewOf([db]), times)
    return typeof answer === 'object' ? 'never' : answer
  }
  const table: [Seen, string, string, string][] = [
    [seen('db', { state: 'created' }), 'notYet', 'notYet', 'notYet'],
    [seen('db'), 'yes', 'yes', 'notYet'],
    [seen('db', { health: 'starting' }), 'yes', 'notYet', 'notYet'],
    [seen('db', { health: 'healthy' }), 'yes', 'yes', 'notYet'],
    [seen('db', { health: 'unhealthy' }), 'yes', 'never', 'notYet'],
    [seen('db', { restarting: true }), 'yes', 'notYet', 'notYet'],
    [ended('db', 0), 'yes', 'never', 'yes'],
    [ended('db', 2), 'yes', 'never', 'never'],
    [ended('db', 127, { startedAtMs: 0, error: 'x' }), 'never', 'never', 'never'],
  ]
  for (const [db, started, healthy, completed] of table)
    expect([may('started', db), may('healthy', db), may('completed', db)]).toEqual([started, healthy, completed])
})

test('says what is not well', () => {
  const plan = planOf(service('web', { shape: 'http' }), service('job'))
  const waiting = (...containers: Seen[]) => waitingFor(plan, viewOf(containers), times)
  expect(waiting(seen('web'), ended('job', 0))).toBeUndefined()
  expect(waiting(seen('web'), ended('job', 2))).toBe('job has ended: code 2')
  expect(waiting(ended('web', 0), seen('job'))).toBe('web has ended: code 0')
  expect(waiting(seen('web', { health: 'starting', healthOutput: 'refused' }), seen('job'))).toBe(
    'web is not healthy yet: refused',
  )
  expect(waiting(seen('web', { restarting: true, exitCode: 9 }), seen('job'))).toBe(
    'web is being started again, after code 9',
  )
  expect(waiting(seen('web'), seen('job', { state: 'created' }))).toBe('job is not started')
})
