import { type ContentStore, digestOf } from '@tender/content'
import { describeExit, jobTaskSpec, type TaskResult, taskExit } from '@tender/driver'
import { failureClass, type TaskRecord, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import { type JobKeeperOptions, orderedOf, pinOf, taskDriverOf } from './jobKeeperOptions.ts'
import { bytesBelow, taskIdOf } from './jobPlaces.ts'
import type { JobRecord } from './jobRecord.ts'

/** Most files of one task's output, directories included. */
const MOST_FILES = 100_000

/** What is recorded of a task whose output cannot be content: as if it had been killed. */
const BAD_OUTPUT_EXIT = 137

/** Which task, and which of the places of its lease: no two that run at once have the same. */
export type TaskPlace = { task: number; slot: number }

/**
 * Runs one task of a begun job and records what came of it. Its exit code is a result, whatever it is; before the record is written
 * its output is kept and served.
 *
 * @returns the record
 * @throws {TenderError} `taskLost` if the host lost it; whatever else the host failed at. Then nothing is recorded
 */
export async function runTask(
  options: JobKeeperOptions,
  job: JobRecord,
  { task, slot }: TaskPlace,
  signal: AbortSignal,
): Promise<TaskRecord> {
  const { jobs, market, places } = options
  const record = orderedOf(job)
  const { leaseId, order: _, terms, manifest, gpus, chain } = record
  const { begun } = chain
  if (!begun) throw new TenderError(`job ${leaseId} is not begun`, { code: 'notBegun', class: 'internal' })
  const driver = taskDriverOf(options, record)
  const outputDir = await places.output(leaseId, task)
  const spec = jobTaskSpec({
    id: taskIdOf(leaseId, task),
    job: manifest,
    order: terms.order,
    task,
    bundleDir: places.bundle(leaseId),
    outputDir,
    gpus: cardsOf(gpus, manifest.job?.gpus, slot),
  })
  const result = await driver.runTask(spec, signal)
  const exit = taskExit(result.reason)
  if (exit === undefined) throw lost(leaseId, task, result)
  const kept = await keepOutput(options.content, { leaseId, task, outputDir, mostBytes: spec.limits.diskBytes }, signal)
  await places.putLog(leaseId, task, { end: kept.fault ?? describeExit(result.reason), lines: result.log })
  const finished = { task, exit: kept.fault === undefined ? exit : BAD_OUTPUT_EXIT, output: kept.output }
  const taskRecord = { ...finished, outputBytes: kept.bytes, ...(await market.recentBlock(begun, signal)) }
  signal.throwIfAborted()
  jobs.finish(leaseId, taskRecord)
  await places.dropOutput(leaseId, task)
  return taskRecord
}

/** Each place has its own cards. */
function cardsOf(
  cards: readonly string[] | undefined,
  each: number | undefined,
  slot: number,
): readonly string[] | undefined {
  return each ? cards?.slice(slot * each, (slot + 1) * each) : undefined
}

type Output = { leaseId: Hex; task: number; outputDir: string; mostBytes: number }

/** What a task left, as content under a pin. An output that cannot be (a name that is not allowed) is as good as none. */
async function keepOutput(
  content: ContentStore,
  { leaseId, task, outputDir, mostBytes }: Output,
  signal: AbortSignal,
): Promise<{ output: Hex; bytes: number; fault?: string }> {
  const pin = pinOf.task(leaseId, task)
  return content.writing(async () => {
    try {
      const cid = await content.putDirectory(outputDir, { bytes: mostBytes, files: MOST_FILES }, signal)
      await content.pin(pin, cid, signal)
      return { output: digestOf(cid), bytes: await bytesBelow(outputDir) }
    } catch (error) {
      if (!(error instanceof TenderError) || failureClass(error) !== 'user') throw error
      const cid = await content.putTree({})
      await content.pin(pin, cid, signal)
      return { output: digestOf(cid), bytes: 0, fault: `its output cannot be kept: ${error.message}` }
    }
  })
}

function lost(leaseId: Hex, task: number, { reason }: TaskResult): TenderError {
  return new TenderError(`task ${task} of job ${leaseId} is to be run again: ${describeExit(reason)}`, {
    code: 'taskLost',
    class: 'provider',
    data: { leaseId, task },
  })
}
