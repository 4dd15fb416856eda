import { createDockerDriver } from './createDockerDriver.ts'
import type { DockerDriverOptions } from './createHost.ts'
import { createRecords } from './record.ts'

/**
 * Removes every workload below a state directory, and every volume that was kept. Nobody else may use the directory meanwhile.
 *
 * @throws {TenderError} `engineUnreachable`
 */
export async function removeAll(options: DockerDriverOptions): Promise<void> {
  const driver = createDockerDriver(options)
  for (const leaseId of createRecords(options.stateDir).list()) {
    const handle = await driver.find(leaseId)
    if (handle) await driver.destroy(handle)
  }
  for (const { leaseId } of await driver.keptVolumes()) await driver.dropVolumes(leaseId)
}
