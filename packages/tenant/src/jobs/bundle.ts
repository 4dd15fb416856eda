import { stat } from 'node:fs/promises'
import { type ContentStore, type cidOf, digestOf, type TreeLimits } from '@tender/content'
import { JOB_FILE, NotFoundError, TenderError } from '@tender/protocol'
import { type Hex, stringToBytes } from 'viem'

/** A root of content, as the store names it. */
export type Root = ReturnType<typeof cidOf>

/** How much input a job may have. A provider has limits of its own. */
const INPUT_LIMITS: TreeLimits = { bytes: 256 * 1024 ** 3, files: 100_000 }

/** A folder of input in the store. */
export type Input = {
  root: Root
  /** Paths of its files, relative, with `/`. */
  files: readonly string[]
  bytes: number
}

/** A job's bundle in the store: what its tasks are run with, by whoever runs them. */
export type Bundle = { root: Root; digest: Hex; bytes: number }

/** What a bundle is made of. */
export type BundleParts = {
  /** The job's `job.json`, see `jobText`. */
  text: string
  /** Absolute paths of its files by SHA-256. */
  blobs: readonly { sha256: Hex; path: string; bytes: number }[]
  input: Input | undefined
}

/**
 * Brings the folder of a job's input into the store.
 *
 * @throws {NotFoundError} `fileNotFound`; {TenderError} `notADirectory`; {ContentLimitError | MalformedContentError | StoreFullError}
 */
export async function readInput(store: ContentStore, path: string, signal: AbortSignal): Promise<Input> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new NotFoundError(`${path}, the input of the job, does not exist`, { code: 'fileNotFound', data: { path } })
  })
  if (!found.isDirectory()) {
    throw new TenderError(`${path}, the input of the job, is no folder`, {
      code: 'notADirectory',
      class: 'user',
      data: { path },
    })
  }
  const root = await store.putDirectory(path, INPUT_LIMITS, signal)
  return { root, ...(await filesBelow(store, root, '')) }
}

async function filesBelow(store: ContentStore, directory: Root, path: string): Promise<Omit<Input, 'root'>> {
  const files: string[] = []
  let bytes = 0
  for (const entry of await store.list(directory)) {
    const below = path === '' ? entry.name : `${path}/${entry.name}`
    if (entry.kind === 'file') {
      files.push(below)
      bytes += entry.bytes
      continue
    }
    const inner = await filesBelow(store, entry.cid, below)
    files.push(...inner.files)
    bytes += inner.bytes
  }
  return { files, bytes }
}

/** Makes a job's bundle in the store, and keeps it under a name: it is served from there. */
export async function makeBundle(
  store: ContentStore,
  { text, blobs, input }: BundleParts,
  pin: string,
  signal: AbortSignal,
): Promise<Bundle> {
  const job = stringToBytes(text)
  let bytes = job.length + (input?.bytes ?? 0)
  const files: Record<string, Root> = {}
  for (const blob of blobs) {
    files[blob.sha256.slice(2)] = await store.putFile(blob.path, { bytes: blob.bytes, files: 1 }, signal)
    bytes += blob.bytes
  }
  const root = await store.putTree({ [JOB_FILE]: job, blobs: files, ...(input && { input: input.root }) })
  await store.pin(pin, root, signal)
  return { root, digest: digestOf(root), bytes }
}

/** Under which names a job's content is kept. */
export const pinOf = {
  /** Before there is an order: by the manifest's salt. */
  bundle: (salt: Hex) => `bundle:${salt}`,
  output: (lease: Hex, task: number) => `output:${lease}:${task}`,
  result: (lease: Hex) => `result:${lease}`,
}
