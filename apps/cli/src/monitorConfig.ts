import { dirname, resolve } from 'node:path'
import { readConfig } from '@tender/kit'
import { type MonitorConfig, monitorConfigSchema } from '@tender/monitor'

/**
 * Reads a monitor's configuration file. Its state directory is meant from where the file is.
 *
 * @throws {NotFoundError} `configNotFound`; {InvalidInputError} with everything that is wrong
 */
export async function readMonitorConfig(file: string): Promise<MonitorConfig> {
  const config = await readConfig(monitorConfigSchema, resolve(file))
  return { ...config, stateDir: resolve(dirname(resolve(file)), config.stateDir) }
}
