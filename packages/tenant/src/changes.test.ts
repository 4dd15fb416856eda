import { type Brief, type Manifest, type Order, resourceId, type ServiceSpec, spreads, tiers } from '@tender/protocol'
import { testOrder } from '@tender/protocol/testOrder'
import { type Address, zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { compareWanted } from './changes.ts'
import { chooseService, servicePort } from './chooseService.ts'
import { isSameManifest } from './updateLease.ts'

const asset = { address: zeroAddress as Address, name: 'Test dollar', symbol: 'USDC', decimals: 6 }

const service = (name: string, change: Partial<ServiceSpec> = {}): ServiceSpec => ({
  name,
  image: { kind: 'registry', reference: 'docker.io/library/nginx:1.29' },
  args: [],
  env: {},
  ports: [],
  cpuMillis: 500,
  memoryBytes: 1024,
  replicas: 1,
  ...change,
})

const manifestOf = (services: ServiceSpec[], change: Partial<Brief> = {}): Manifest => ({
  version: 2,
  brief: {
    version: 2,
    driver: 'docker',
    resource: 'cu',
    units: 1,
    cpuMillis: 500,
    memoryBytes: 1024,
    diskBytes: 0,
    blobBytes: 0,
    containers: 1,
    ports: [],
    ...change,
  },
  services,
  volumes: [],
  salt: zeroHash,
})

const other: Address = `0x${'22'.repeat(20)}`
const order = testOrder({ auctionEnd: 1, expiry: 2 })

const web = manifestOf([service('web')])
const compare = (manifest: Manifest, change: Partial<Order> = {}, from = web) =>
  compareWanted({ order, manifest: from }, { order: { ...order, ...change }, manifest }, asset)

test('what is the same is left alone, whatever each reading and each order make anew', () => {
  const again = { ...web, salt: `0x${'11'.repeat(32)}` as const }
  const anew = { nonce: 2n, auctionEnd: 9, expiry: 10, agent: `0x${'11'.repeat(20)}` as const, replicas: 3 }
  expect(compare(again, anew)).toEqual({ kind: 'none', lines: [] })
  expect(isSameManifest(web, again)).toBe(true)
  expect(isSameManifest(web, manifestOf([service('web')], { volumesOf: zeroHash }))).toBe(true)
  expect(isSameManifest(web, manifestOf([service('web', { args: ['x'] })]))).toBe(false)
})

test('what runs is updated, and is told service by service without values', () => {
  const wanted = manifestOf(
    [
      service('web', {
        env: { MODE: 'fast', PASSWORD: 'hunter2' },
        args: ['serve'],
        container: { user: '1000' },
        image: { kind: 'registry', reference: 'docker.io/library/nginx:1.30' },
      }),
      service('cache'),
    ],
    { containers: 2, memoryBytes: 2048 },
  )
  const { kind, lines } = compare(wanted, {}, manifestOf([service('web', { env: { MODE: 'fast' } }), service('db')]))
  expect(kind).toBe('update')
  expect(lines).toEqual(['db: goes', 'web: image, command, environment PASSWORD, user changed', 'cache: is new'])
  expect(lines.join()).not.toContain('hunter2')
})

test('what is bought takes a new order, with both values', () => {
  expect(compare(web, { units: 2, maxPrice: 30_000n, duration: 7200, countries: ['0x4445'] })).toEqual({
    kind: 'replace',
    lines: [
      'units 1 becomes 2',
      'max-price 0.02 USDC/h becomes 0.03 USDC/h',
      'duration 1h becomes 2h',
      'countries any becomes DE',
    ],
  })
  expect(compare(manifestOf([service('web')], { network: 'internet' })).lines).toEqual([
    'network none becomes internet',
  ])
  const gpu = (cpuMillis: number) => manifestOf([service('web')], { resource: 'gpu.nvidia.h100-80gb', cpuMillis })
  expect(compare(gpu(800), {}, gpu(500))).toEqual({ kind: 'replace', lines: ['cpuMillis 500 becomes 800'] })
  expect(compare(gpu(300), {}, gpu(500)).kind).toBe('none')
})

test('of another class what its units hold is not compared', () => {
  const [small, large] = ['gpu.nvidia.a100-80gb', 'gpu.nvidia.h100-80gb'] as const
  const from = manifestOf([service('web')], { resource: small })
  const wanted = manifestOf([service('web')], { resource: large, cpuMillis: 800, memoryBytes: 4096, diskBytes: 1 })
  const now = { order: { ...order, resource: resourceId(small) }, manifest: from }
  expect(compareWanted(now, { order: { ...order, resource: resourceId(large) }, manifest: wanted }, asset)).toEqual({
    kind: 'replace',
    lines: [`class ${small} becomes ${large}`],
  })
})

test.each<[string, Partial<Order>]>([
  ['uptime 0% becomes 99.5%', { uptimeBps: 9_950 }],
  ['tier standard becomes premium', { tier: tiers.premium }],
  ['max-min-charge 0s becomes 1m', { maxMinSeconds: 60 }],
  ['max-silence 0s becomes 5m', { maxSilence: 300 }],
  ['worst-level 5 becomes 3', { worstLevel: 3 }],
  ['spread none becomes distinct-providers', { spread: spreads.distinctProviders }],
  [`verifier ${zeroAddress} becomes ${other}`, { verifier: other }],
])('%s', (line, change) => {
  expect(compare(web, change)).toEqual({ kind: 'replace', lines: [line] })
})

test('what was paid in another asset is not told in the one that is wanted', () => {
  const from = { ...order, asset: other, maxPrice: 5n }
  expect(compareWanted({ order: from, manifest: web }, { order, manifest: web }, asset).lines).toEqual([
    `asset ${other} becomes USDC`,
    'max-price 5 of its smallest units/h becomes 0.02 USDC/h',
  ])
})

test('other volumes are an update', () => {
  const wanted = { ...web, volumes: [{ name: 'data', sizeBytes: 1024 }] }
  expect(compare(wanted)).toEqual({ kind: 'update', lines: ['volumes changed'] })
})

test('secrets with other values are sent if that is asked for', () => {
  const now = { order, manifest: web }
  expect(compareWanted(now, now, asset, { always: true })).toEqual({
    kind: 'update',
    lines: ['nothing changed but, perhaps, secrets'],
  })
})

test('a service is chosen by name, by port, or because it is alone', () => {
  const http = [{ target: 80, protocol: 'http' as const }]
  const shop = { services: [service('web', { ports: http }), service('db')] }
  expect(chooseService(web, undefined)).toBe('web')
  expect(chooseService(shop, 'db')).toBe('db')
  expect(servicePort(shop, undefined, 80)).toBe('web')
  expect(servicePort(shop, 'db', 80)).toBe('db')
  expect(() => servicePort(shop, undefined, 5432)).toThrow(expect.objectContaining({ code: 'serviceNeeded' }))
  expect(() => chooseService(shop, 'cache')).toThrow(expect.objectContaining({ code: 'unknownService' }))
})
