import type { Driver } from './driver.ts'
import type { TaskResult, TaskSpec } from './taskTypes.ts'

/** A driver that runs a job's tasks: programs that read `/input`, write `/output` and end. */
export type TaskDriver = Driver & {
  /**
   * Runs one task to its end and copies what it left in `/output` to `spec.outputDir`, which stays empty unless it `exited`.
   * However it ends is a value. Nothing of it is left afterwards; what a call that was killed has left, the next call with the same
   * id removes. Different ids run at once; the same id runs once at a time. A Wasm task that is run again with the same spec
   * gives the same output, bit for bit.
   *
   * @throws {UnsupportedWorkloadError} what the driver cannot run at all: a network or a GPU for Wasm
   * @throws {StartFailedError} the host could not run it
   * @throws the signal's reason, when aborted; the task is killed
   *
   * @example
   * const { reason, log } = await driver.runTask({ id, image: { kind: 'file', path: '/blobs/3f…' }, args: [], environment:
   *   { TENDER_TASK: '7' }, limits, inputDir: '/jobs/a/input', outputDir: '/jobs/a/outputs/7', seed }, signal)
   */
  runTask(spec: TaskSpec, signal: AbortSignal): Promise<TaskResult>
}

/** Narrows to the power that `capabilities.tasks` declares. */
export function isTaskDriver(driver: Driver): driver is TaskDriver {
  return driver.capabilities.tasks
}
