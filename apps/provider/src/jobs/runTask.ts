import { type ContentStore, digestOf, putTaskOutput } from '@tender/content'
import { describeExit, jobTaskSpec, type TaskResult, taskExit } from '@tender/driver'
import { type TaskRecord, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import { type JobKeeperOptions, orderedOf, pinOf, taskDriverOf } from './jobKeeperOptions.ts'
import { bytesBelow, taskIdOf } from './jobPlaces.ts'
import type { JobRecord } from './jobRecord.ts'

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
  const left = { leaseId, task, exit, outputDir, mostBytes: spec.limits.diskBytes }
  const { fault, bytes, ...kept } = await keepOutput(options.content, left, signal)
  await places.putLog(leaseId, task, { end: fault ?? describeExit(result.reason), lines: result.log })
  const taskRecord = { task, ...kept, outputBytes: bytes, ...(await market.recentBlock(begun, signal)) }
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

type Left = { leaseId: Hex; task: number; exit: number; outputDir: string; mostBytes: number }

/** What a task left, as content under a pin. */
async function keepOutput(
  content: ContentStore,
  { leaseId, task, exit, outputDir, mostBytes }: Left,
  signal: AbortSignal,
): Promise<{ exit: number; output: Hex; bytes: number; fault: string | undefined }> {
  return content.writing(async () => {
    const { root, fault, ...put } = await putTaskOutput(content, { exit, dir: outputDir, bytes: mostBytes }, signal)
    await content.pin(pinOf.task(leaseId, task), root, signal)
    return { ...put, output: digestOf(root), bytes: fault === undefined ? await bytesBelow(outputDir) : 0, fault }
  })
}

function lost(leaseId: Hex, task: number, { reason }: TaskResult): TenderError {
  return new TenderError(`${describeExit(reason)}; it is run again`, {
    code: 'taskLost',
    class: 'provider',
    data: { leaseId, task },
  })
}
