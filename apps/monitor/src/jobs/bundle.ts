import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { bundledBlob } from '@tender/driver'
import {
  INPUT_PATH,
  JOB_FILE,
  type JobTerms,
  jobBlobs,
  MAX_MANIFEST_BYTES,
  type PrivateJob,
  parseJobText,
  TenderError,
} from '@tender/protocol'
import { zeroHash } from 'viem'
import type { JobContent, Root } from './jobContent.ts'

/** What a job's tasks are run with: on this machine's disk, checked. */
export type Bundle = {
  dir: string
  job: PrivateJob
  /** What runs its tasks. */
  kind: 'wasm' | 'docker'
}

/** Something that the tenant made is not what it has to be. Its order commits to it, so nobody else can have changed it. */
export class BadBundleError extends TenderError {
  constructor(reason: string, cause?: unknown) {
    super(`the job's bundle is wrong: ${reason}`, { code: 'badBundle', class: 'user', data: { reason }, cause })
  }
}

const MOST_FILES = 1_000_000
const wasmMagic = Buffer.from([0, 0x61, 0x73, 0x6d])

/**
 * Lays a bundle that is in the store out in `dir`, and checks it against what the order commits to.
 *
 * @throws {BadBundleError | ContentLimitError | MalformedContentError}
 */
export async function openBundle(
  { store }: Pick<JobContent, 'store'>,
  root: Root,
  { dir, jobTerms, bytes }: { dir: string; jobTerms: JobTerms; bytes: number },
  signal: AbortSignal,
): Promise<Bundle> {
  await rm(dir, { recursive: true, force: true })
  await store.exportTo(root, dir, { bytes, files: MOST_FILES }, signal)
  const job = await readJob(dir)
  checkTerms(job, jobTerms)
  for (const { sha256 } of jobBlobs(job)) await checkBlob(bundledBlob(dir, sha256), sha256)
  // A job without input has none in its bundle.
  await mkdir(join(dir, INPUT_PATH), { recursive: true })
  return { dir, job, kind: await kindOf(dir, job) }
}

async function readJob(dir: string): Promise<PrivateJob> {
  const path = join(dir, JOB_FILE)
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile() || found.size > MAX_MANIFEST_BYTES) throw new BadBundleError(`it has no ${JOB_FILE}`)
  try {
    return parseJobText(await readFile(path, 'utf8'))
  } catch (error) {
    if (error instanceof TenderError) throw new BadBundleError(error.message, error)
    throw error
  }
}

function checkTerms({ job, services }: PrivateJob, terms: JobTerms): void {
  const tasks = typeof job.tasks === 'number' ? job.tasks : job.tasks.length
  const comparator = job.compare === 'bytes' ? zeroHash : job.compare.sha256
  if (services.length !== 1) throw new BadBundleError(`it has ${services.length} services`)
  if (tasks !== terms.tasks) throw new BadBundleError(`it has ${tasks} tasks, the order ${terms.tasks}`)
  if (comparator !== terms.comparator) throw new BadBundleError('its comparator is not the one of the order')
}

async function checkBlob(path: string, sha256: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'EISDIR') throw new BadBundleError(`it misses the file ${sha256}`)
    throw error
  })
  if (`0x${hash.digest('hex')}` !== sha256) throw new BadBundleError(`the file ${sha256} is another`)
}

/** A registry's image, or a file that is no WebAssembly module, is a container's. */
async function kindOf(dir: string, { services }: PrivateJob): Promise<Bundle['kind']> {
  const image = services[0]?.image
  if (image?.kind !== 'blob') return 'docker'
  const file = await open(bundledBlob(dir, image.sha256))
  try {
    const { buffer } = await file.read(Buffer.alloc(wasmMagic.length), 0, wasmMagic.length, 0)
    return buffer.equals(wasmMagic) ? 'wasm' : 'docker'
  } finally {
    await file.close()
  }
}
