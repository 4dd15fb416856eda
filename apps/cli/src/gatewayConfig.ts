import { dirname, resolve } from 'node:path'
import { type GatewayConfig, gatewayConfigSchema } from '@tender/gateway'
import { readConfig } from '@tender/kit'

/**
 * Reads a gateway's configuration file. Its state directory is meant from where the file is.
 *
 * @throws {NotFoundError} `configNotFound`; {InvalidInputError} with everything that is wrong
 */
export async function readGatewayConfig(file: string): Promise<GatewayConfig> {
  const config = await readConfig(gatewayConfigSchema, resolve(file))
  return { ...config, stateDir: resolve(dirname(resolve(file)), config.stateDir) }
}
