import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ContentStore, type cidOf, putTaskOutput } from '@tender/content'
import { comparisonSpec, describeExit, jobTaskSpec, type TaskDriver, type TaskResult } from '@tender/driver'
import { type Manifest, TenderError } from '@tender/protocol'
import type { JobPlan } from '@tender/tenant/jobs'
import { type Hex, zeroHash } from 'viem'

/** The first are as good as any: all run the same program. */
const CHECKED_TASKS = 2
const MOST_FILES = 100_000
const LOG_LINES = 10

/** With what tasks run here. */
export type CheckDrivers = {
  /** Of the job's kind. */
  driver: TaskDriver
  /** Runs its comparator; absent where outputs are compared byte by byte. */
  comparing?: TaskDriver | undefined
  /** Cards of one task. */
  gpus?: readonly string[] | undefined
}

/** What running tasks here showed: of the slowest and the largest. */
export type JobCheck = { tasks: number; seconds: number; outputBytes: number }

type Root = ReturnType<typeof cidOf>

type Check = CheckDrivers & {
  manifest: Manifest
  store: ContentStore
  /** Everything of this check lies in it. */
  folder: string
  bundleDir: string
}

/**
 * Runs the first tasks twice on this machine, as a provider and a validator would, and compares as validators would. What is wrong is
 * said before money is spent.
 *
 * @throws {TenderError} `taskFails` with the end of its log; `notDeterministic`
 */
export async function checkJob(
  { plan, store, ...drivers }: CheckDrivers & { plan: JobPlan; store: ContentStore },
  signal: AbortSignal,
): Promise<JobCheck> {
  const { manifest, bundle } = plan
  const folder = await mkdtemp(join(tmpdir(), 'tender-check-'))
  try {
    const check: Check = { ...drivers, manifest, store, folder, bundleDir: join(folder, 'bundle') }
    await store.exportTo(bundle.root, check.bundleDir, { bytes: bundle.bytes, files: MOST_FILES }, signal)
    const all = manifest.job?.tasks ?? 0
    const tasks = Math.min(CHECKED_TASKS, typeof all === 'number' ? all : all.length)
    let [seconds, outputBytes] = [0, 0]
    for (let task = 0; task < tasks; task++) {
      const one = await checkTask(check, task, signal)
      seconds = Math.max(seconds, one.seconds)
      outputBytes = Math.max(outputBytes, one.outputBytes)
    }
    return { tasks, seconds, outputBytes }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function checkTask(check: Check, task: number, signal: AbortSignal): Promise<Omit<JobCheck, 'tasks'>> {
  const startedAt = performance.now()
  const first = await runOnce(check, { task, run: 1 }, signal)
  const seconds = (performance.now() - startedAt) / 1000
  const second = await runOnce(check, { task, run: 2 }, signal)
  const compare = check.manifest.job?.compare
  const isSame =
    compare === undefined || compare === 'bytes' || !check.comparing
      ? first.equals(second)
      : await askComparator(
          { ...check, comparing: check.comparing },
          { task, sha256: compare.sha256, first, second },
          signal,
        )
  if (!isSame) throw notDeterministic(check.manifest, task)
  return { seconds, outputBytes: await bytesOf(check.store, first) }
}

async function runOnce(check: Check, { task, run }: { task: number; run: number }, signal: AbortSignal): Promise<Root> {
  const { manifest, store, driver, gpus, bundleDir } = check
  const outputDir = await emptyFolder(check, `output-${task}-${run}`)
  // No order is signed yet, so the seed is not the one that providers will have; it is the same in both runs.
  const spec = jobTaskSpec({ id: idOf(check, task), job: manifest, order: zeroHash, task, bundleDir, outputDir, gpus })
  const result = await driver.runTask(spec, signal)
  if (result.reason.kind !== 'exited' || result.reason.code !== 0) {
    throw taskFails(task, describeExit(result.reason), result)
  }
  const output = await putTaskOutput(store, { exit: 0, dir: outputDir, bytes: spec.limits.diskBytes }, signal)
  if (output.fault !== undefined) throw taskFails(task, output.fault, result)
  return output.root
}

type Outputs = { task: number; sha256: string; first: Root; second: Root }

/** Validators ask it only about outputs of which a byte differs; here it shows that it takes what is the same for the same. */
async function askComparator(
  check: Check & { comparing: TaskDriver },
  { task, sha256, first, second }: Outputs,
  signal: AbortSignal,
): Promise<boolean> {
  const { manifest, store, comparing, bundleDir } = check
  const inputDir = await emptyFolder(check, `compare-${task}`)
  const limits = { bytes: manifest.job?.outputBytes ?? 0, files: MOST_FILES }
  await store.exportTo(first, join(inputDir, 'claimed'), limits, signal)
  await store.exportTo(second, join(inputDir, 'again'), limits, signal)
  const outputDir = await emptyFolder(check, `compared-${task}`)
  const asked = { job: manifest, order: zeroHash, task, bundleDir, sha256, inputDir, outputDir }
  const { reason } = await comparing.runTask(comparisonSpec({ id: idOf(check, task), ...asked }), signal)
  return reason.kind === 'exited' && reason.code === 0
}

async function emptyFolder({ folder }: Check, name: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  return path
}

/** Of this check alone: another may run at the same time. */
function idOf({ folder }: Check, task: number): Hex {
  return `0x${createHash('sha256').update(`${folder} ${task}`).digest('hex')}`
}

async function bytesOf(store: ContentStore, directory: Root): Promise<number> {
  let bytes = 0
  for (const entry of await store.list(directory)) {
    bytes += entry.kind === 'file' ? entry.bytes : await bytesOf(store, entry.cid)
  }
  return bytes
}

function taskFails(task: number, why: string, { reason, log }: TaskResult): TenderError {
  const lines = log.slice(-LOG_LINES).map(({ text }) => `  ${text}`)
  return new TenderError([`task ${task} fails on this machine: ${why}`, ...lines].join('\n'), {
    code: 'taskFails',
    class: 'workload',
    hint: 'Nothing was ordered. Mend the program, or its limits in the file.',
    data: { task, reason: reason.kind },
  })
}

function notDeterministic({ job }: Manifest, task: number): TenderError {
  const byBytes = job?.compare === 'bytes'
  const message = byBytes
    ? `task ${task} wrote two different outputs when it was run twice: it is not deterministic`
    : `task ${task} was run twice, and its comparator does not take the two outputs for the same`
  return new TenderError(message, {
    code: 'notDeterministic',
    class: 'workload',
    hint: byBytes
      ? 'Nothing was ordered. Validators would compare byte by byte: take out what differs, or write a comparator and name it in verify.compare.'
      : 'Nothing was ordered. Validators would ask the same comparator: mend it or the program.',
    data: { task },
  })
}
