import { expect, test } from 'vitest'
import { describeDriver } from './conformance.ts'
import { createFakeDriver, createFakeHost } from './fake.ts'
import type { ServiceShape, ServiceSpec } from './types.ts'

const service = (image: string, shape: ServiceShape = 'command'): ServiceSpec => ({
  name: 'web',
  shape,
  image: { kind: 'file', path: image },
  args: [],
  environment: {},
  replicas: 1,
})

describeDriver('the fake', async () => {
  const host = createFakeHost({
    succeeds: { ends: { kind: 'exited', code: 0 } },
    exitsWith3: { ends: { kind: 'exited', code: 3 } },
    prints: { writes: ['one', 'two', 'three'], ends: { kind: 'exited', code: 0 } },
    runsForever: {},
    exhaustsMemory: { ends: { kind: 'killed', by: 'memory', detail: 'as scripted' } },
    floods: { ends: { kind: 'killed', by: 'output', detail: 'as scripted' } },
    crashes: { ends: { kind: 'crashed', detail: 'as scripted' } },
    serves: { serves: 'hello' },
  })
  return {
    driver: createFakeDriver(host),
    reopen: () => createFakeDriver(host),
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

test('a fake workload can be made to fail at start, or to end later', async () => {
  const host = createFakeHost({ broken: { failsToStart: 'no room' }, works: {} })
  const driver = createFakeDriver(host)
  const limits = { cpuMilli: 1_000, memoryBytes: 0, diskBytes: 0 }
  const signal = AbortSignal.timeout(1_000)
  await expect(driver.start({ leaseId: '0x1', services: [service('broken')], limits }, signal)).rejects.toMatchObject({
    code: 'startFailed',
    class: 'provider',
  })
  const handle = await driver.start({ leaseId: '0x2', services: [service('works')], limits }, signal)
  host.end('0x2', { kind: 'crashed', detail: 'now' })
  expect(await driver.wait(handle, signal)).toMatchObject({ reason: { kind: 'crashed', detail: 'now' } })
})
