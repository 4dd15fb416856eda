import { join, resolve } from 'node:path'
import { createWasmDriver } from '@tender/driver-wasm'
import type { MonitorConfig, MonitorOptions } from '@tender/monitor'

/** The drivers with which a monitor runs tasks of jobs again, as its configuration names them. */
export async function createJobDrivers({
  stateDir,
  jobs: { drivers },
}: MonitorConfig): Promise<NonNullable<MonitorOptions['drivers']>> {
  const { wasm, docker } = drivers
  const dir = join(resolve(stateDir), 'jobs')
  return [
    ...(wasm ? [createWasmDriver({ stateDir: join(dir, 'wasm') })] : []),
    ...(docker ? [await createContainerDriver(docker, dir)] : []),
  ]
}

/** The engine's client is loaded only where it is used. */
async function createContainerDriver(
  { socket, stateDir, runtime }: NonNullable<MonitorConfig['jobs']['drivers']['docker']>,
  dir: string,
) {
  const { createDockerDriver } = await import('@tender/driver-docker')
  return createDockerDriver({ socketPath: socket, stateDir: resolve(dir, stateDir), runtime })
}
