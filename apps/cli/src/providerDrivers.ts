import { join } from 'node:path'
import { createDockerDriver } from '@tender/driver-docker'
import { createWasmDriver } from '@tender/driver-wasm'
import type { ProviderConfig, ProviderOptions } from '@tender/provider'

type Drivers = ProviderOptions['drivers']

/** The drivers that a configuration names. Nothing is asked of the host yet: `probe` says what works. */
export function createDrivers({ stateDir, drivers: { wasm, docker } }: ProviderConfig): Drivers {
  return [
    ...(wasm ? [createWasmDriver({ stateDir: join(stateDir, 'wasm') })] : []),
    ...(docker ? [dockerDriver(docker)] : []),
  ]
}

function dockerDriver(config: NonNullable<ProviderConfig['drivers']['docker']>): Drivers[number] {
  const { socket, stateDir, runtime, subnetPool, forbidden, registries } = config
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
