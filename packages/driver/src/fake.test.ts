import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { describeDriver } from './conformance.ts'
import { createFakeContainerDriver, createFakeDriver, createFakeHost, type FakeHost } from './fake.ts'
import type { Handle, ServiceShape, ServiceSpec, WorkloadSpec } from './types.ts'

const service = (image: string, shape: ServiceShape = 'command'): ServiceSpec => ({
  name: 'web',
  shape,
  image: { kind: 'file', path: image },
  args: [],
  environment: {},
  replicas: 1,
})

const scripts = {
  succeeds: { ends: { kind: 'exited', code: 0 } },
  exitsWith3: { ends: { kind: 'exited', code: 3 } },
  prints: { writes: ['one', 'two', 'three'], ends: { kind: 'exited', code: 0 } },
  runsForever: {},
  exhaustsMemory: { ends: { kind: 'killed', by: 'memory', detail: 'as scripted' } },
  floods: { ends: { kind: 'killed', by: 'output', detail: 'as scripted' } },
  crashes: { ends: { kind: 'crashed', detail: 'as scripted' } },
  serves: { serves: 'hello' },
} as const

for (const [name, create] of [
  ['the fake', createFakeDriver],
  ['the fake of containers', createFakeContainerDriver],
] as const) {
  describeDriver(name, async () => {
    const host = createFakeHost(scripts)
    return {
      driver: create(host),
      reopen: () => create(host),
      services: {
        succeeds: service('succeeds'),
        exitsWith3: service('exitsWith3'),
        prints: service('prints'),
        runsForever: service('runsForever'),
        exhaustsMemory: service('exhaustsMemory'),
        floods: service('floods'),
        crashes: service('crashes'),
        invalid: service('invalid'),
        serves: service('serves', 'http'),
      },
      close: () => host.close(),
    }
  })
}

test('a fake workload can be made to fail at start, or to end later', async () => {
  const host = createFakeHost({ broken: { failsToStart: 'no room' }, works: {} })
  const driver = createFakeDriver(host)
  await expect(driver.start({ leaseId: '0x1', services: [service('broken')], limits }, signal)).rejects.toMatchObject({
    code: 'startFailed',
    class: 'provider',
  })
  const handle = await driver.start({ leaseId: '0x2', services: [service('works')], limits }, signal)
  host.end('0x2', { kind: 'crashed', detail: 'now' })
  expect(await driver.wait(handle, signal)).toMatchObject({ reason: { kind: 'crashed', detail: 'now' } })
})

const limits = { cpuMilli: 1_000, memoryBytes: 0, diskBytes: 0 }
const signal = AbortSignal.timeout(60_000)
const specOf = (image: string, more: Partial<WorkloadSpec> = {}): WorkloadSpec => ({
  leaseId: '0x1',
  services: [service(image, 'http')],
  limits,
  ...more,
})

async function startOn(host: FakeHost, spec: WorkloadSpec) {
  const driver = createFakeContainerDriver(host)
  return { driver, handle: await driver.start(spec, signal) }
}

test('a fake update moves the endpoint, can be asked for again, and leaves the old handle leading nowhere', async () => {
  const host = createFakeHost({ one: { serves: 'one' }, two: { serves: 'two' } })
  const { driver, handle } = await startOn(host, specOf('one'))
  const next = await driver.update(handle, specOf('two'), signal)
  expect(await driver.update(handle, specOf('two'), signal)).toEqual(next)
  const [endpoint] = await driver.endpoints(next)
  expect(await (await fetch(`http://127.0.0.1:${endpoint?.port}`)).text()).toBe('two')
  await expect(driver.inspect(handle)).rejects.toMatchObject({ code: 'workloadNotFound' })
  await host.close()
})

test.each([
  ['is never well', { neverWell: 'the database does not answer' }],
  ['does not start', { failsToStart: 'no room' }],
  ['crashes', { ends: { kind: 'crashed', detail: 'a trap' } }],
] as const)('a fake update to what %s leaves the old one as it was', async (_, script) => {
  const host = createFakeHost({ one: {}, two: script })
  const { driver, handle } = await startOn(host, specOf('one'))
  const failed = { code: 'updateFailed', class: 'workload' }
  await expect(driver.update(handle, specOf('two'), signal)).rejects.toMatchObject(failed)
  expect(await driver.inspect(handle)).toEqual({ state: 'running' })
})

test('fake volumes outlive their workload, move to the lease that names it, and can be dropped', async () => {
  const host = createFakeHost({ one: {} })
  const volumes = [{ name: 'data', sizeBytes: 10 }]
  const { driver, handle } = await startOn(host, specOf('one', { volumes }))
  const place = { service: 'web', replica: 0, path: '/data/x' }
  const copied = async (from: Handle) => Buffer.concat(await Array.fromAsync(await driver.copyOut(from, place, signal)))
  await driver.copyIn(handle, place, Readable.from([Buffer.from('kept')]), signal)
  await driver.retire(handle)
  expect(await driver.keptVolumes()).toEqual([{ leaseId: '0x1', sizeBytes: 10 }])
  const next = await driver.start(specOf('one', { leaseId: '0x2', volumes, previous: '0x1' }), signal)
  expect((await copied(next)).toString()).toBe('kept')
  expect(await driver.keptVolumes()).toEqual([{ leaseId: '0x2', sizeBytes: 10 }])
  await driver.retire(next)
  await driver.dropVolumes('0x2')
  expect(await driver.keptVolumes()).toEqual([])
})

test('programs of a fake container are run as scripted', async () => {
  const host = createFakeHost({ one: { programs: { env: { writes: 'A=1', code: 2 } } } })
  const { driver, handle } = await startOn(host, specOf('one'))
  const session = await driver.exec(handle, { service: 'web', replica: 0, command: ['env'] }, signal)
  expect(Buffer.concat(await Array.fromAsync(session.stdout)).toString()).toBe('A=1')
  expect(await session.exit).toBe(2)
  const none = driver.exec(handle, { service: 'web', replica: 0, command: ['sh'] }, signal)
  await expect(none).rejects.toMatchObject({ code: 'startFailed' })
})

test('while the engine of a fake host is down nothing can be asked, and nothing is said to be lost', async () => {
  const host = createFakeHost({ one: {} })
  const { driver, handle } = await startOn(host, specOf('one'))
  host.engineDown = true
  expect(await driver.probe(signal)).toMatchObject({ healthy: false })
  await expect(driver.inspect(handle)).rejects.toMatchObject({ class: 'network' })
  await expect(driver.find('0x1')).rejects.toMatchObject({ class: 'network' })
  host.engineDown = false
  expect(await driver.inspect(handle)).toEqual({ state: 'running' })
})
