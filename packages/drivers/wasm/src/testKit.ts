import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  Endpoint,
  Handle,
  LeaseId,
  Limits,
  RoutingDriver,
  ServiceShape,
  ServiceSpec,
  WorkloadSpec,
} from '@tender/driver'
import { createWasmDriver } from './createWasmDriver.ts'
import { type TestModule, writeTestModules } from './testModules.ts'

export const DEADLINE_MS = 120_000
export const soon = () => AbortSignal.timeout(DEADLINE_MS)

/** A folder with all test modules and a driver's state, for one test file. */
export type TestKit = {
  folder: string
  stateDir: string
  driver: RoutingDriver
  service(module: TestModule | 'invalid', shape?: ServiceShape): ServiceSpec
  spec(module: TestModule | 'invalid', shape?: ServiceShape, limits?: Partial<Limits>): WorkloadSpec
  /** Of a workload's one service. */
  endpoint(handle: Handle): Promise<Endpoint>
  /** Starts a workload that `close` destroys. */
  start(spec: WorkloadSpec, signal?: AbortSignal): Promise<Handle>
  ask(handle: Handle, path: string, more?: RequestInit): Promise<Response>
  close(): Promise<void>
}

export function createTestKit(): TestKit {
  const folder = mkdtempSync(join(tmpdir(), 'tender-wasm-'))
  const modulePath = writeTestModules(folder)
  const stateDir = join(folder, 'state')
  const driver = createWasmDriver({ stateDir })
  const handles: Handle[] = []
  let leases = 0
  const service: TestKit['service'] = (module, shape = 'command') => ({
    name: 'web',
    shape,
    image: { kind: 'file', path: modulePath(module) },
    args: [],
    environment: { GREETING: 'hi' },
    replicas: 1,
  })
  const endpoint: TestKit['endpoint'] = async (handle) => {
    const [found] = await driver.endpoints(handle)
    if (!found) throw new Error('it serves nothing')
    return found
  }
  return {
    folder,
    endpoint,
    stateDir,
    driver,
    service,
    spec: (module, shape = 'command', limits = {}) => {
      leases += 1
      const leaseId: LeaseId = `0x${leases.toString(16).padStart(64, '0')}`
      const defaults = { cpuMilli: 1_000, memoryBytes: 64 * 2 ** 20, diskBytes: 0 }
      return { leaseId, services: [service(module, shape)], limits: { ...defaults, ...limits } }
    },
    start: async (spec, signal = soon()) => {
      const handle = await driver.start(spec, signal)
      handles.push(handle)
      return handle
    },
    ask: async (handle, path, { headers: more, ...init } = {}) => {
      const { host, port, headers } = await endpoint(handle)
      return fetch(`http://${host}:${port}${path}`, { signal: soon(), ...init, headers: { ...headers, ...more } })
    },
    close: async () => {
      for (const handle of handles) await driver.destroy(handle)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
