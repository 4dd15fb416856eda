import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContentStore } from '@tender/content'
import { describeExit, jobTaskSpec, type TaskDriver, type TaskResult } from '@tender/driver'
import { type Manifest, TenderError } from '@tender/protocol'
import type { JobPlan } from '@tender/tenant/jobs'
import { type Hex, zeroHash } from 'viem'

/** The first is as good as any: all run the same program. */
const TASK = 0
const MOST_FILES = 100_000
const LOG_LINES = 10

/** What running a task here showed. */
export type JobCheck = { seconds: number; outputBytes: number }

/**
 * Runs one task twice on this machine, as a provider and a validator would, and compares. What is wrong with it is said before money
 * is spent.
 *
 * @throws {TenderError} `taskFails` with the end of its log; `notDeterministic`; `notCheckable` for a container
 */
export async function checkJob(
  { plan, store, driver }: { plan: JobPlan; store: ContentStore; driver: TaskDriver },
  signal: AbortSignal,
): Promise<JobCheck> {
  const { manifest, bundle } = plan
  if (manifest.brief.driver !== driver.kind) throw notCheckable(manifest)
  const folder = await mkdtemp(join(tmpdir(), 'tender-check-'))
  try {
    const bundleDir = join(folder, 'bundle')
    const limits = { bytes: bundle.bytes, files: MOST_FILES }
    await store.exportTo(bundle.root, bundleDir, limits, signal)
    const startedAt = performance.now()
    const first = await runOnce({ manifest, store, driver, folder, bundleDir, run: 1 }, signal)
    const seconds = (performance.now() - startedAt) / 1000
    const second = await runOnce({ manifest, store, driver, folder, bundleDir, run: 2 }, signal)
    if (!first.output.equals(second.output)) throw notDeterministic(manifest)
    return { seconds, outputBytes: first.bytes }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Run = {
  manifest: Manifest
  store: ContentStore
  driver: TaskDriver
  folder: string
  bundleDir: string
  run: number
}

async function runOnce({ manifest, store, driver, folder, bundleDir, run }: Run, signal: AbortSignal) {
  const outputDir = join(folder, `output-${run}`)
  await mkdir(outputDir)
  const id: Hex = `0x${createHash('sha256').update(folder).digest('hex')}`
  // No order is signed yet, so the seed is not the one that providers will have; it is the same in both runs.
  const spec = jobTaskSpec({ id, job: manifest, order: zeroHash, task: TASK, bundleDir, outputDir })
  const result = await driver.runTask(spec, signal)
  if (result.reason.kind !== 'exited' || result.reason.code !== 0) throw taskFails(result)
  const limits = { bytes: spec.limits.diskBytes, files: MOST_FILES }
  const output = await store.putDirectory(outputDir, limits, signal)
  return { output, bytes: await bytesOf(store, output) }
}

async function bytesOf(store: ContentStore, directory: Awaited<ReturnType<ContentStore['putTree']>>): Promise<number> {
  let bytes = 0
  for (const entry of await store.list(directory)) {
    bytes += entry.kind === 'file' ? entry.bytes : await bytesOf(store, entry.cid)
  }
  return bytes
}

function taskFails({ reason, log }: TaskResult): TenderError {
  const lines = log.slice(-LOG_LINES).map(({ text }) => `  ${text}`)
  return new TenderError([`task ${TASK} fails on this machine: ${describeExit(reason)}`, ...lines].join('\n'), {
    code: 'taskFails',
    class: 'workload',
    hint: 'Nothing was ordered. Mend the program, or its limits in the file.',
    data: { task: TASK, reason: reason.kind },
  })
}

function notDeterministic({ job }: Manifest): TenderError {
  const byBytes = job?.compare === 'bytes'
  return new TenderError(`task ${TASK} wrote two different outputs when it was run twice: it is not deterministic`, {
    code: 'notDeterministic',
    class: 'workload',
    hint: byBytes
      ? 'Nothing was ordered. Validators would compare byte by byte: take out what differs, or write a comparator and name it in verify.compare.'
      : 'Nothing was ordered. Run it without --check if your comparator allows for the difference.',
    data: { task: TASK },
  })
}

function notCheckable({ brief }: Manifest): TenderError {
  return new TenderError(`--check runs WebAssembly tasks only, and this job has ${brief.driver} tasks`, {
    code: 'notCheckable',
    class: 'user',
    hint: 'Run its image twice yourself, and compare what it writes.',
  })
}
