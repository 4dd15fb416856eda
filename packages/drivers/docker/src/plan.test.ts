import type { ServiceSpec, WorkloadSpec } from '@tender/driver'
import { expect, test } from 'vitest'
import { badDependencies, planOf, startOrder } from './plan.ts'

const secretKey = Buffer.alloc(32, 1)
const service = (name: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({
  name,
  shape: 'command',
  image: { kind: 'file', path: '/i' },
  args: [],
  environment: {},
  replicas: 1,
  ...more,
})
const specOf = (...services: ServiceSpec[]): WorkloadSpec => ({
  leaseId: `0x${'a'.repeat(64)}`,
  services,
  limits: { cpuMilli: 1, memoryBytes: 1, diskBytes: 0 },
})

test('the same spec gives the same containers, another configuration others', () => {
  const name = (more: Partial<ServiceSpec>, key = secretKey) =>
    planOf(specOf(service('a', more)), { secretKey: key }).members[0]?.name
  const same = name({})
  expect(same).toMatch(/^tender-a{64}-a-0-[0-9a-f]{12}$/)
  for (const more of [
    { replicas: 2 },
    { dependsOn: { b: 'started' } },
    { ports: [{ target: 1, protocol: 'tcp' }] },
  ] as const)
    expect(name(more)).toBe(same)
  const file = (content: string) => [{ path: '/f', mode: 0o400, content: Buffer.from(content) }]
  const others = [
    name({ args: ['x'] }),
    name({ environment: { A: 'b' } }),
    name({ image: { kind: 'file', path: '/j' } }),
    name({ memoryBytes: 2 }),
    name({ files: file('1') }),
    name({ files: file('2') }),
    name({ secrets: file('1') }),
    name({ secrets: file('2') }),
    name({ secrets: file('2') }, Buffer.alloc(32, 2)),
    name({ volumes: [{ volume: 'v', path: '/v', readOnly: true }] }),
    same,
  ]
  expect(new Set(others).size).toBe(others.length)
})

test('containers that stay keep their addresses, and no address is given twice', () => {
  const before = planOf(specOf(service('a'), service('b', { replicas: 2 })), { secretKey })
  expect(before.members.map(({ address }) => address)).toEqual([0, 1, 2])
  const changed = specOf(service('b', { replicas: 3 }), service('a', { args: ['new'] }))
  const after = planOf(changed, { secretKey, existing: before.members })
  expect(after.members.map(({ service: name, address }) => [name, address])).toEqual([
    ['b', 1],
    ['b', 2],
    ['b', 3],
    ['a', 4],
  ])
  expect(after.specHash).not.toBe(before.specHash)
})

test('who waits for others starts after them', () => {
  const services = [
    service('c', { dependsOn: { a: 'started', b: 'healthy' } }),
    service('b', { dependsOn: { a: 'completed' } }),
    service('a'),
    service('d'),
  ]
  const order = startOrder(planOf(specOf(...services), { secretKey }).services)
  expect(order.map((group) => group.map(({ name }) => name))).toEqual([['a', 'd'], ['b'], ['c']])
  expect(badDependencies(services)).toBeUndefined()
})

test('who waits for itself, or for nobody, is refused', () => {
  expect(badDependencies([service('a', { dependsOn: { x: 'started' } })])).toContain('x')
  const circle = [service('a', { dependsOn: { b: 'started' } }), service('b', { dependsOn: { a: 'started' } })]
  expect(badDependencies([service('c'), ...circle])).toContain('waits for itself')
})
