import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ProviderOptions } from '@tender/provider'
import { createContainerDriver } from '../providerDrivers.ts'
import { monitorRoles, providerRoles } from './cast.ts'

export type Driver = ProviderOptions['drivers'][number]

/** An engine that is well answers in a fraction of it, but on a machine that is busy. */
const LIMIT_MS = 20_000

/** Providers on one machine take their leases' networks from ranges of their own. */
const FIRST_POOL = 221

/**
 * A driver of containers for each of the market's providers, where a Docker engine is there and this account can do all that
 * isolates them; none otherwise, whatever the reason.
 */
export async function findDocker(
  { directory, dockerSocket: socket }: { directory: string; dockerSocket?: string | undefined },
  signal: AbortSignal,
): Promise<readonly Driver[]> {
  if (socket === undefined || !existsSync(socket)) return []
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
  const drivers = await Promise.all(
    providerRoles.map(({ name }, index) =>
      createContainerDriver({
        socket,
        stateDir: dockerDirectory(directory, name),
        internet: true,
        subnetPool: `10.${FIRST_POOL + index}.0.0/16`,
      }),
    ),
  )
  // One after the other: each puts the same firewall in force.
  for (const driver of drivers) if (!(await driver.probe(limit)).healthy) return []
  return drivers
}

function dockerDirectory(directory: string, provider: string): string {
  return join(directory, 'providers', provider, 'docker')
}

/** Removes the containers, networks and volumes of an embedded market, before its directory is. An engine that is gone has none. */
export async function removeContainers(directory: string, socketPath: string): Promise<void> {
  const monitors = monitorRoles.map(({ name }) => join(directory, 'monitors', name, 'jobs', 'docker'))
  for (const stateDir of [...providerRoles.map(({ name }) => dockerDirectory(directory, name)), ...monitors]) {
    if (!existsSync(stateDir) || !existsSync(socketPath)) continue
    const { removeAll } = await import('@tender/driver-docker')
    await removeAll({ stateDir, socketPath })
  }
}
