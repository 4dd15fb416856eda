import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findCycle } from './findCycle.ts'
import { type Manifest, manifestSchema, type ServiceSpec } from './manifest.ts'
import { clashingMount, isPlainPath, mountPathFault } from './paths.ts'

const bytes32 = (digit: string) => `0x${digit.repeat(64)}` as const

function service(name: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name,
    image: { kind: 'registry', reference: 'docker.io/library/nginx:1' },
    args: [],
    env: {},
    ports: [],
    cpuMillis: 1,
    memoryBytes: 1,
    replicas: 1,
    ...more,
  }
}

function manifest(services: ServiceSpec[], more: { driver?: string; volumes?: Manifest['volumes'] } = {}) {
  const { driver = 'docker', volumes = [] } = more
  const needs = { cpuMillis: 1, memoryBytes: 1, diskBytes: 0, blobBytes: 0, containers: 1 }
  const brief = { version: 2, driver, resource: 'cu', units: 1, ...needs, ports: [] }
  return { version: 2, brief, services, volumes, salt: bytes32('0') }
}

const faultsOf = (value: unknown) => manifestSchema.safeParse(value).error?.issues.map(({ message }) => message) ?? []
const data = [{ name: 'data', sizeBytes: 1 }]
const mount = (path: string) => ({ volume: 'data', path, readOnly: false })
const http = { target: 80, protocol: 'http' } as const
const blob = { kind: 'blob', sha256: bytes32('a'), bytes: 1 } as const

test('a manifest of containers from a peer is taken', () => {
  const db = service('db', {
    container: { volumes: [mount('/data'), mount('/data/wal')], tmpfs: [{ path: '/run', sizeBytes: 1 }] },
  })
  const web = service('web', {
    ports: [http],
    container: {
      dependsOn: { db: 'healthy' },
      files: [{ path: '/run/a', mode: 0o444, base64: '' }],
      secrets: [{ name: 't', path: '/run/secrets/t', mode: 0o400 }],
    },
  })
  expect(faultsOf(manifest([web, db], { volumes: data }))).toEqual([])
})

describe('a manifest from a peer is refused if', () => {
  test.each<[string, object, RegExp]>([
    ['two services have one name', manifest([service('a'), service('A')]), /two services have the same name/],
    ['two volumes have one name', manifest([service('a')], { volumes: [...data, ...data] }), /two volumes/],
    ['a port is there twice', manifest([service('a', { ports: [http, { ...http, protocol: 'tcp' }] })]), /twice/],
    [
      'a volume is unknown',
      manifest([service('a', { container: { volumes: [mount('/d')] } })]),
      /no volume is called data/,
    ],
    [
      'mounts are in the way',
      manifest([service('a', { container: { volumes: [mount('/d')], tmpfs: [{ path: '/d', sizeBytes: 1 }] } })], {
        volumes: data,
      }),
      /in each other's way/,
    ],
    [
      'a service is unknown',
      manifest([service('a', { container: { dependsOn: { b: 'started' } } })]),
      /no service is called b/,
    ],
    [
      'a service waits for itself',
      manifest([service('a', { container: { dependsOn: { a: 'started' } } })]),
      /a waits for a/,
    ],
    [
      'Wasm has a container',
      manifest([service('a', { image: blob, container: {} })], { driver: 'wasm' }),
      /not for Wasm/,
    ],
    ['Wasm is fetched', manifest([service('a')], { driver: 'wasm' }), /come with the manifest/],
    ['Wasm has volumes', manifest([service('a', { image: blob })], { driver: 'wasm', volumes: data }), /not for Wasm/],
    [
      'a path is not plain',
      manifest([service('a', { container: { tmpfs: [{ path: '/a/../b', sizeBytes: 1 }] } })]),
      /absolute path/,
    ],
    ['a name is a path', manifest([service('..')]), /must be a name/],
    ['a program is empty', manifest([service('a', { container: { entrypoint: [] } })]), /small/],
    [
      'a secret has no name',
      manifest([service('a', { container: { secrets: [{ name: '', path: '/a', mode: 0 }] } })]),
      /must be a name/,
    ],
  ])('%s', (_, value, reason) => expect(faultsOf(value).join()).toMatch(reason))

  test('it has more secrets than travel with it', () => {
    const secrets = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => ({ name: `s${from + at}`, path: `/s${from + at}`, mode: 0o400 }))
    const both = (to: number) =>
      manifest([
        service('a', { container: { secrets: secrets(0, 40) } }),
        service('b', { container: { secrets: secrets(30, to) } }),
      ])
    expect(faultsOf(both(64))).toEqual([])
    expect(faultsOf(both(65))).toEqual(['there are more than 64 secrets'])
  })

  test('it wants the volumes of another lease and has none', () => {
    const plain = manifest([service('a')])
    const value = { ...plain, brief: { ...plain.brief, volumesOf: bytes32('1') } }
    expect(faultsOf(value)).toEqual(['there is no volume to take over'])
  })
})

test('paths have one spelling', () => {
  for (const path of ['/', '/a', '/a/.b/..c', '/a b/ü', '/...']) expect(isPlainPath(path)).toBe(true)
  for (const path of ['', 'a', '/a/', '//a', '/a//b', '/.', '/a/..', '/../a', '/a\n', '/\0', `/${'a'.repeat(1023)}`])
    expect(isPlainPath(path)).toBe(false)
  for (const path of ['/', '/proc', '/sys/x', '/dev', '/dev/null']) expect(mountPathFault(path)).toBeDefined()
  for (const path of ['/procs', '/dev/shm', '/data']) expect(mountPathFault(path)).toBeUndefined()
})

test('mounts may lie within each other, but not within files nor in one place', () => {
  const file = (path: string) => ({ path, isFile: true })
  const folder = (path: string) => ({ path, isFile: false })
  expect(clashingMount([folder('/a/b'), folder('/a'), file('/a/c'), file('/ab')])).toBeUndefined()
  expect(clashingMount([folder('/a'), file('/a')])).toEqual({ at: 1, with: '/a' })
  expect(clashingMount([file('/a'), folder('/a/b')])).toBeDefined()
  expect(clashingMount([file('/a/b'), file('/a')])).toBeDefined()
})

test('a circle is found if and only if there is one', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const edges = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 8 })
  fc.assert(
    fc.property(edges, (edges) => {
      const waits = new Map(names.map((name) => [name, edges.filter(([from]) => from === name).map(([, to]) => to)]))
      const cycle = findCycle(waits)
      if (cycle) {
        expect(cycle[0]).toBe(cycle.at(-1))
        for (const [at, name] of cycle.slice(1).entries()) expect(waits.get(cycle[at] ?? '')).toContain(name)
      } else {
        // Names can be taken away one by one, each when it waits for none that is left.
        const left = new Set(names)
        for (const _ of names)
          for (const name of left) if (waits.get(name)?.every((other) => !left.has(other))) left.delete(name)
        expect([...left]).toEqual([])
      }
    }),
  )
})
