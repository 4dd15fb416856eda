import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DriverOf } from '@tender/cli'
import { isTaskDriver, type TaskDriver } from '@tender/driver'

/**
 * Providers and monitors that run what they should, but for what the variables of a job say:
 *
 * - `SKIPPED`: tasks that providers do not run; they deliver garbage instead.
 * - `HANGS`: its tasks end at no provider.
 * - `LIARS`: monitors that say of each of its tasks that something else comes out.
 *
 * @example
 * startJobMarket({ driverOf: cheating })
 */
export const cheating: DriverOf = ({ name, ...role }, driver) => {
  if (!isTaskDriver(driver)) return driver
  return { ...driver, runTask: 'operatorKey' in role ? asProvider(driver) : asMonitor(driver, name) }
}

const words = (text = '') => text.split(' ')

function asProvider(driver: TaskDriver): TaskDriver['runTask'] {
  return async (spec, signal) => {
    const { TENDER_TASK, SKIPPED, HANGS } = spec.environment
    if (HANGS) await aborted(signal)
    if (TENDER_TASK === undefined || !words(SKIPPED).includes(TENDER_TASK)) return driver.runTask(spec, signal)
    // A number that could be right would be right now and then.
    await writeFile(join(spec.outputDir, 'counts.json'), '{"darts":1000,"inside":1001}\n')
    return { reason: { kind: 'exited', code: 0 }, usage: { cpuMs: 0, memoryPeakBytes: 0 }, log: [] }
  }
}

function asMonitor(driver: TaskDriver, name: string): TaskDriver['runTask'] {
  return async (spec, signal) => {
    const result = await driver.runTask(spec, signal)
    if (words(spec.environment.LIARS).includes(name)) await writeFile(join(spec.outputDir, 'lie'), 'a lie')
    return result
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
