import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerDriver, Handle, LeaseId, Limits, ServiceSpec, TaskDriver, WorkloadSpec } from '@tender/driver'
import Docker from 'dockerode'
import { createDockerDriver } from './createDockerDriver.ts'
import type { DockerDriverOptions } from './createHost.ts'
import { endDaemon, startDaemon, unmountBelow } from './testDaemon.ts'
import { writeTestImage } from './testImages.ts'

export const DEADLINE_MS = 120_000
export const soon = () => AbortSignal.timeout(DEADLINE_MS)

export { noDocker } from './testDaemon.ts'

/** A Docker engine with a driver, for one test file. */
export type TestKit = {
  folder: string
  stateDir: string
  options: DockerDriverOptions
  engine: Docker
  driver: ContainerDriver & TaskDriver
  /** Another driver, which shares nothing with the first in memory. */
  reopen(): ContainerDriver & TaskDriver
  /** The image of busybox. */
  image: string
  /** A service that runs a shell script. */
  script(text: string, more?: Partial<ServiceSpec>): ServiceSpec
  /** A service that answers HTTP on 8080 with what the script writes to `$PAGE`. */
  web(text: string, more?: Partial<ServiceSpec>): ServiceSpec
  spec(services: readonly ServiceSpec[], more?: Partial<WorkloadSpec>, limits?: Partial<Limits>): WorkloadSpec
  /** Starts a workload that `close` destroys. */
  start(spec: WorkloadSpec): Promise<Handle>
  ask(handle: Handle, service?: string, path?: string): Promise<string>
  /** Containers of the engine, of all leases, that run. */
  running(spec?: WorkloadSpec): Promise<string[]>
  /** Kills dockerd as `kill -9` does, its containerd included. */
  kill(): Promise<void>
  /** Starts dockerd again. */
  revive(): Promise<void>
  close(): Promise<void>
}

export async function createTestKit(daemonOptions: readonly string[] = []): Promise<TestKit> {
  const folder = mkdtempSync(join(tmpdir(), 'tender-docker-'))
  const socketPath = join(folder, 'docker.sock')
  const stateDir = join(folder, 'state')
  const memoryDir = `/dev/shm/${folder.split('/').at(-1)}`
  const options: DockerDriverOptions = { stateDir, socketPath, memoryDir, keepFreeBytes: 0 }
  const engine = new Docker({ socketPath })
  const driver = createDockerDriver(options)
  const used = new Set<LeaseId>()
  let daemon: ChildProcess
  let leases = 0
  const revive = async () => {
    daemon = await startDaemon(folder, daemonOptions)
  }
  await revive()
  const image = await writeTestImage(folder, 'busybox')
  const script: TestKit['script'] = (text, more = {}) => ({
    name: 'job',
    shape: 'command',
    image: { kind: 'file', path: image },
    args: ['sh', '-c', text],
    environment: {},
    replicas: 1,
    ...more,
  })
  return {
    folder,
    stateDir,
    options,
    engine,
    driver,
    reopen: () => createDockerDriver(options),
    image,
    script,
    web: (text, more = {}) =>
      script(`PAGE=/tmp/index.html; ${text}\nexec httpd -f -p 8080 -h /tmp`, {
        name: 'web',
        shape: 'http',
        ports: [{ target: 8080, protocol: 'http' }],
        ...more,
      }),
    spec: (services, more = {}, limits = {}) => {
      leases += 1
      const leaseId: LeaseId = `0x${leases.toString(16).padStart(64, 'a')}`
      used.add(leaseId)
      const defaults = { cpuMilli: 1_000, memoryBytes: 32 * 2 ** 20, diskBytes: 0 }
      return { leaseId, services, limits: { ...defaults, ...limits }, ...more }
    },
    start: (spec) => driver.start(spec, soon()),
    ask: async (handle, service = 'web', path = '/') => {
      const [endpoint] = await driver.endpoints(handle, { service, port: 8080 })
      const init = { headers: { connection: 'close' }, signal: soon() }
      return (await fetch(`http://${endpoint?.host}:${endpoint?.port}${path}`, init)).text()
    },
    running: async (spec) => {
      const list = await engine.listContainers()
      const names = list.flatMap(({ Names }) => Names)
      return spec ? names.filter((name) => name.includes(spec.leaseId.slice(2))) : names
    },
    kill: () => endDaemon(daemon, folder, 'SIGKILL'),
    revive,
    close: async () => {
      for (const leaseId of used) {
        const handle = await driver.find(leaseId)
        if (handle) await driver.destroy(handle)
        await driver.dropVolumes(leaseId)
      }
      for (const { Id } of await engine.listContainers({ all: true }))
        await engine.getContainer(Id).remove({ force: true })
      await engine.pruneNetworks()
      await endDaemon(daemon, folder, 'SIGTERM')
      unmountBelow(folder)
      for (const path of [folder, memoryDir]) rmSync(path, { recursive: true, force: true })
    },
  }
}
