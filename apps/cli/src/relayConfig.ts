import { dirname, resolve } from 'node:path'
import { readConfig } from '@tender/kit'
import { type RelayConfig, relayConfigSchema } from '@tender/relay'

/**
 * Reads a relay's configuration file. Its state directory is meant from where the file is.
 *
 * @throws {NotFoundError} `configNotFound`; {InvalidInputError} with everything that is wrong
 */
export async function readRelayConfig(file: string): Promise<RelayConfig> {
  const config = await readConfig(relayConfigSchema, resolve(file))
  return { ...config, stateDir: resolve(dirname(resolve(file)), config.stateDir) }
}
