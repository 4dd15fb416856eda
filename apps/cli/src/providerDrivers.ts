import { join } from 'node:path'
import { createWasmDriver } from '@tender/driver-wasm'
import type { ProviderConfig, ProviderOptions } from '@tender/provider'

type Drivers = ProviderOptions['drivers']
type DockerConfig = NonNullable<ProviderConfig['drivers']['docker']>

/** The drivers that a configuration names. Nothing is asked of the host yet: `probe` says what works. */
export async function createDrivers({ stateDir, drivers: { wasm, docker } }: ProviderConfig): Promise<Drivers> {
  return [
    ...(wasm ? [createWasmDriver({ stateDir: join(stateDir, 'wasm') })] : []),
    ...(docker ? [await createContainerDriver(docker)] : []),
  ]
}

/** The driver of containers. The engine's client is loaded only where it is used. */
export async function createContainerDriver(config: DockerConfig): Promise<Drivers[number]> {
  const { socket, stateDir, runtime, subnetPool, forbidden, registries } = config
  const { createDockerDriver } = await import('@tender/driver-docker')
  return createDockerDriver({ socketPath: socket, stateDir, runtime, subnetPool, forbidden, registries })
}

/** How long a host may take to say what it can run. */
const PROBE_TIMEOUT_MS = 10_000

/**
 * What does not work now, one sentence for each driver: the provider declines what is for it until it does.
 *
 * @example
 * await driverTroubles(drivers, signal)  // ['docker does not work now: the engine does not answer']
 */
export async function driverTroubles(drivers: Drivers, signal: AbortSignal): Promise<string[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)])
  const reports = await Promise.all(drivers.map(async (driver) => ({ driver, host: await driver.probe(limit) })))
  return reports.flatMap(({ driver, host }) =>
    host.healthy ? [] : [`${driver.kind} does not work now: ${host.reason}`],
  )
}
