import { join } from 'node:path'
import type { TaskDriver } from '@tender/driver'
import { createWasmDriver } from '@tender/driver-wasm'
import { type Manifest, TenderError } from '@tender/protocol'
import type { CheckDrivers } from './checkJob.ts'

export type CheckPlace = {
  /** Where drivers keep what they need. Others may check something at the same time. */
  stateDir: string
  /** Of a Docker engine. */
  socket: string
}

/**
 * Opens what runs a job's tasks on this machine for some work, and removes what that brought here.
 *
 * @throws {TenderError} `notCheckable`: this machine cannot run them, and why
 */
export async function withCheckDrivers<Result>(
  { brief, job }: Manifest,
  { stateDir, socket }: CheckPlace,
  work: (drivers: CheckDrivers) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const wasm = createWasmDriver({ stateDir: join(stateDir, 'wasm') })
  const comparing = job?.compare === 'bytes' ? undefined : wasm
  if (brief.driver === 'wasm') return work({ driver: wasm, comparing })
  // The engine's client is loaded only where it is used.
  const { createDockerDriver, removeImages } = await import('@tender/driver-docker')
  const options = { socketPath: socket, stateDir: join(stateDir, 'docker') }
  const driver = createDockerDriver(options)
  const gpus = await cardsFor(driver, { resource: brief.resource, count: job?.gpus ?? 0 }, signal)
  try {
    return await work({ driver, comparing, ...(gpus.length > 0 && { gpus }) })
  } finally {
    await removeImages(options)
  }
}

/** Cards for one task. @throws {TenderError} `notCheckable`, also where containers do not run at all */
async function cardsFor(
  driver: TaskDriver,
  { resource, count }: { resource: string; count: number },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const host = await driver.probe(signal)
  if (!host.healthy) throw notCheckable(`containers cannot run on this machine: ${host.reason}`)
  const fitting = (host.gpus ?? []).filter((card) => card.resource === resource)
  if (fitting.length < count)
    throw notCheckable(`a task needs ${count} of ${resource}, and this machine has ${fitting.length}`)
  return fitting.slice(0, count).map(({ id }) => id)
}

function notCheckable(why: string): TenderError {
  return new TenderError(`the job cannot be checked here: ${why}`, {
    code: 'notCheckable',
    class: 'user',
    hint: 'Nothing was ordered. Check it on a machine that can run it, or order it without --check.',
  })
}
