import { createDockerDriver } from './createDockerDriver.ts'
import { createHost, type DockerDriverOptions } from './createHost.ts'
import { createRecords } from './record.ts'
import { tidyImages } from './removeWorkload.ts'

/**
 * Removes every workload below a state directory, every volume that was kept, and the images that were brought to the engine for
 * them. Nobody else may use the directory meanwhile.
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
  await removeImages(options)
}

/** Removes the images that were brought to the engine for workloads below a state directory and that none has now. */
export async function removeImages(options: DockerDriverOptions): Promise<void> {
  await tidyImages(createHost(options).host)
}
