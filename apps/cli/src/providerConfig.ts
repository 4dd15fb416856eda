import { dirname, resolve } from 'node:path'
import { readConfig } from '@tender/kit'
import { type ProviderConfig, providerConfigSchema } from '@tender/provider'

/**
 * Reads a provider's configuration file. Its state directory is meant from where the file is.
 *
 * @throws {NotFoundError} `configNotFound`; {InvalidInputError} with everything that is wrong
 */
export async function readProviderConfig(file: string): Promise<ProviderConfig> {
  const config = await readConfig(providerConfigSchema, resolve(file))
  return withPaths(config, dirname(resolve(file)))
}

/** The configuration with absolute paths: its own state directory is meant from `directory`, its drivers' from that. */
export function withPaths(config: ProviderConfig, directory: string): ProviderConfig {
  const stateDir = resolve(directory, config.stateDir)
  const { docker } = config.drivers
  const drivers = docker && { ...config.drivers, docker: { ...docker, stateDir: resolve(stateDir, docker.stateDir) } }
  return { ...config, stateDir, ...(drivers && { drivers }) }
}
