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
  return { ...config, stateDir: resolve(dirname(resolve(file)), config.stateDir) }
}
