import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BlockSource, type ContentStore, cidOf, fetchContent, parseCid } from '@tender/content'
import {
  canonicalJson,
  type JobResult,
  jobResultSchema,
  MAX_RESULT_BYTES,
  outputPath,
  RESULT_FILE,
  type TaskRecord,
  TenderError,
} from '@tender/protocol'
import type { Hex } from 'viem'
import { pinOf } from './bundle.ts'

/** Where a job's outputs are brought from and to. */
export type OutputPlace = {
  lease: Hex
  store: ContentStore
  /** The provider. */
  source: BlockSource
  /** The folder for all of the job's results, absolute. */
  outDir: string
  /** Most bytes of one task's output, see the manifest. */
  outputBytes: number
}

/** Most files of one task's output, as providers have it. */
const MOST_FILES = 100_000
/** What directories take beside their files' content. */
const OVERHEAD_BYTES = 4 * 1024 ** 2

/**
 * Brings the output of one task into `outputs/<task>` of the folder, whole or not at all. What is there already stays.
 *
 * @returns the folder
 * @throws {ContentUnavailableError} while nobody gives it; {ContentLimitError | MalformedContentError} if it is not what it may be
 */
export async function fetchOutput(place: OutputPlace, record: TaskRecord, signal: AbortSignal): Promise<string> {
  const { store, source, lease, outDir, outputBytes } = place
  const { task, output } = record
  const cid = cidOf(output)
  const pin = pinOf.output(lease, task)
  const dir = join(outDir, outputPath(task))
  if (store.pinned(pin)?.equals(cid) && (await isThere(dir))) return dir
  await fetchContent({ cid, store, source, limits: limitsOf(outputBytes, MOST_FILES), pin, signal })
  const temporary = join(outDir, `.${lease.slice(2, 12)}-${task}`)
  await rm(temporary, { recursive: true, force: true })
  await mkdir(join(dir, '..'), { recursive: true })
  await store.exportTo(cid, temporary, { bytes: outputBytes, files: MOST_FILES }, signal)
  await rm(dir, { recursive: true, force: true })
  await rename(temporary, dir)
  return dir
}

/**
 * Brings the result that was submitted, with all outputs in it, and writes its records beside them.
 *
 * @param index which of the order's leases it is of
 * @throws {ContentUnavailableError} while nobody gives it; {TenderError} `badResult` if what was submitted is no result
 */
export async function fetchResult(
  place: OutputPlace,
  { cid: text, tasks, index }: { cid: string; tasks: number; index: number },
  signal: AbortSignal,
): Promise<JobResult> {
  const { store, source, lease, outDir, outputBytes } = place
  const root = await parsed(async () => parseCid(text))
  const limits = limitsOf(outputBytes * tasks + MAX_RESULT_BYTES, MOST_FILES * tasks)
  await fetchContent({ cid: root, store, source, limits, pin: pinOf.result(lease), signal })
  const result = await parsed(async () => {
    const file = await store.find(root, RESULT_FILE)
    if (!file) throw new Error(`it has no ${RESULT_FILE}`)
    const bytes = await store.readBytes(file, { bytes: MAX_RESULT_BYTES }, signal)
    return jobResultSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
  })
  await mkdir(outDir, { recursive: true })
  const { records, provider } = result
  const written = canonicalJson({ ...result, provider: provider.toString(), records: [...records] })
  await writeFile(join(outDir, `result-${index}.json`), written)
  return result
}

/** The root of the result that a lease's provider submitted, with all outputs in it; `undefined` until it was brought. */
export function resultRoot(store: ContentStore, lease: Hex): ReturnType<ContentStore['pinned']> {
  return store.pinned(pinOf.result(lease))
}

async function parsed<Value>(read: () => Promise<Value>): Promise<Value> {
  try {
    return await read()
  } catch (cause) {
    throw new TenderError('what the provider submitted is no result of a job', {
      code: 'badResult',
      class: 'provider',
      cause,
    })
  }
}

const limitsOf = (bytes: number, files: number) => ({
  bytes: Math.ceil(bytes * 1.1) + OVERHEAD_BYTES,
  blocks: Math.ceil(bytes / 1024) + files,
})

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
