import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceShape, ServiceSpec } from '@tender/driver'
import { describeDriver } from '@tender/driver/conformance'
import { afterAll } from 'vitest'
import { createWasmDriver } from './createWasmDriver.ts'
import { type TestModule, writeTestModules } from './testModules.ts'

const folder = mkdtempSync(join(tmpdir(), 'tender-wasm-'))
const modulePath = writeTestModules(folder)
afterAll(() => rmSync(folder, { recursive: true }))

const service = (module: TestModule | 'invalid', shape: ServiceShape = 'command'): ServiceSpec => ({
  name: 'web',
  shape,
  image: { kind: 'file', path: modulePath(module) },
  args: [],
  environment: {},
  replicas: 1,
})

describeDriver('wasm', async () => {
  const stateDir = mkdtempSync(join(folder, 'state-'))
  return {
    driver: createWasmDriver({ stateDir }),
    reopen: () => createWasmDriver({ stateDir }),
    services: {
      succeeds: service('succeeds'),
      exitsWith3: service('exitsWith3'),
      prints: service('prints'),
      runsForever: service('runsForever'),
      exhaustsMemory: service('exhaustsMemory'),
      floods: service('floods'),
      crashes: service('crashes'),
      invalid: service('invalid'),
      serves: service('handler', 'http'),
    },
    close: async () => rmSync(stateDir, { recursive: true, force: true }),
  }
})
