import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ContentStore, MOST_OUTPUT_FILES, putTaskOutput } from '@tender/content'
import { comparisonSpec, jobTaskSpec, type TaskDriver, taskExit } from '@tender/driver'
import type { JudgedTask } from '@tender/network'
import { type TaskRecord, TenderError } from '@tender/protocol'
import { type Address, concatHex, type Hex, keccak256, numberToHex } from 'viem'
import type { Bundle } from './bundle.ts'
import { isBadContent, type Root } from './jobContent.ts'

/** With what the tasks of one job are run again. */
export type RerunTools = {
  bundle: Bundle
  /** Runs its tasks. */
  driver: TaskDriver
  /** Runs comparators; absent where outputs are compared byte by byte. */
  comparing?: TaskDriver | undefined
  gpus?: readonly string[] | undefined
  store: ContentStore
  /** Several monitors may share a host. */
  me: Address
  lease: Hex
  order: Hex
  /** Of this host; what lies in it may be removed. */
  workDir: string
}

/** What a run of a task left. */
type Output = { exit: number; root: Root }

/** In the place of an attempt. */
const COMPARISON = 0xff
/**
 * Runs one task again and compares what comes out with what its provider claims. Where they differ it is run once more: if not even
 * our own two runs are the same by the tenant's measure (the work is not reproducible, or its comparator traps whatever it is
 * given), then the tenant asked for what cannot be proved, and the provider's output counts as right.
 *
 * @param claimed the output, which is in the store
 * @throws {UnsupportedWorkloadError} this host does not run such tasks; anything else is this host's own trouble
 */
export async function judgeTask(
  tools: RerunTools,
  { task, exit }: Pick<TaskRecord, 'task' | 'exit'>,
  claimed: Root,
  signal: AbortSignal,
): Promise<JudgedTask> {
  const provided = { exit, root: claimed }
  const first = await runAgain(tools, task, 0, signal)
  const answer = await compare(tools, task, provided, first, signal).catch(unreadable)
  if (answer.same) return { task, ...answer }
  const second = await runAgain(tools, task, 1, signal)
  const control = await compare(tools, task, second, first, signal)
  if (control.same) return { task, ...answer }
  return {
    task,
    same: true,
    detail: `it cannot be judged, by the tenant's own fault: run twice here, ${control.detail}`,
  }
}

async function runAgain(tools: RerunTools, task: number, attempt: number, signal: AbortSignal): Promise<Output> {
  const { bundle, driver, gpus, store, order, workDir } = tools
  const outputDir = join(workDir, 'output')
  await emptyFolder(outputDir)
  const id = taskId(tools, task, attempt)
  const spec = jobTaskSpec({ id, job: bundle.job, order, task, bundleDir: bundle.dir, outputDir, gpus })
  const { reason } = await driver.runTask(spec, signal)
  const exit = taskExit(reason)
  if (exit === undefined) throw lostHere(task)
  return putTaskOutput(store, { exit, dir: outputDir, bytes: spec.limits.diskBytes }, signal)
}

function taskId({ me, lease }: Pick<RerunTools, 'me' | 'lease'>, task: number, attempt: number): Hex {
  return keccak256(concatHex([me, lease, numberToHex(task, { size: 4 }), numberToHex(attempt, { size: 1 })]))
}

type Answer = Omit<JudgedTask, 'task'>

async function compare(
  tools: RerunTools,
  task: number,
  one: Output,
  other: Output,
  signal: AbortSignal,
): Promise<Answer> {
  if (one.exit !== other.exit) return different(`it ended with ${one.exit}, and then with ${other.exit}`)
  if (one.root.equals(other.root))
    return { same: true, detail: `the output is the same, byte by byte; exit ${one.exit}` }
  const { compare: how } = tools.bundle.job.job
  if (how === 'bytes' || !tools.comparing) return different('the outputs are not the same')
  const inputDir = join(tools.workDir, 'compare')
  await emptyFolder(inputDir)
  const limits = { bytes: tools.bundle.job.job.outputBytes, files: MOST_OUTPUT_FILES }
  await tools.store.exportTo(one.root, join(inputDir, 'claimed'), limits, signal)
  await tools.store.exportTo(other.root, join(inputDir, 'again'), limits, signal)
  return askComparator({ ...tools, comparing: tools.comparing, sha256: how.sha256, task, inputDir }, signal)
}

async function askComparator(
  {
    bundle,
    comparing,
    sha256,
    task,
    inputDir,
    me,
    lease,
    order,
    workDir,
  }: RerunTools & { comparing: TaskDriver; sha256: string; task: number; inputDir: string },
  signal: AbortSignal,
): Promise<Answer> {
  const outputDir = join(workDir, 'compared')
  await emptyFolder(outputDir)
  const id = taskId({ me, lease }, task, COMPARISON)
  const spec = comparisonSpec({ id, job: bundle.job, order, task, bundleDir: bundle.dir, sha256, inputDir, outputDir })
  const { reason } = await comparing.runTask(spec, signal)
  if (taskExit(reason) === undefined) throw lostHere(task)
  if (reason.kind !== 'exited') return different(`the comparator did not end by itself (${reason.kind})`)
  if (reason.code === 0) return { same: true, detail: 'the comparator takes the outputs for the same' }
  return different(`the comparator ends with ${reason.code}`)
}

/** What the provider claims is no output at all. */
function unreadable(error: unknown): Answer {
  if (isBadContent(error)) return different(error.message)
  throw error
}

const different = (detail: string): Answer => ({ same: false, detail })

async function emptyFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
  await mkdir(path, { recursive: true })
}

function lostHere(task: number): TenderError {
  return new TenderError(`task ${task} was lost on this host`, { code: 'taskLost', class: 'internal' })
}
