import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TenderError } from '@tender/protocol'
import type { CID } from 'multiformats/cid'
import type { TreeLimits } from './build.ts'
import { ContentLimitError, MalformedContentError } from './errors.ts'
import { budgetFor, directoryLinks, fileContent, nodeOf, type ReadBudget } from './unixfs.ts'
import { MAX_DEPTH, type ReadBlock } from './walk.ts'

/** Longest path below the directory that is written, in UTF-16 units; systems stop at 4096 bytes. */
const MAX_PATH_CHARACTERS = 1024

type Export = {
  read: ReadBlock
  limits: TreeLimits
  budget: ReadBudget
  signal: AbortSignal
  bytes: number
  files: number
}

/** What was written. */
export type Exported = { bytes: number; files: number }

/** Writes a directory's content into `dir`, which is empty or not there; a failure leaves it so. */
export async function exportTree(
  root: CID,
  dir: string,
  { read, limits, signal }: Pick<Export, 'read' | 'limits' | 'signal'>,
): Promise<Exported> {
  await mkdir(dir, { recursive: true })
  if ((await readdir(dir)).length > 0) {
    throw new TenderError(`${dir} is not empty`, { code: 'directoryNotEmpty', class: 'conflict', data: { dir } })
  }
  const task = { read, limits, signal, budget: budgetFor(limits), bytes: 0, files: 0 }
  try {
    await writeDirectory(root, dir, '', 0, task)
  } catch (error) {
    for (const name of await readdir(dir)) await rm(join(dir, name), { recursive: true, force: true })
    throw error
  }
  return { bytes: task.bytes, files: task.files }
}

async function writeDirectory(cid: CID, dir: string, path: string, depth: number, task: Export): Promise<void> {
  if (depth > MAX_DEPTH) throw new ContentLimitError('levels', { limit: MAX_DEPTH })
  for await (const { name, cid: child } of directoryLinks(cid, task.read, task.budget)) {
    task.signal.throwIfAborted()
    task.files++
    const below = path === '' ? name : `${path}/${name}`
    if (below.length > MAX_PATH_CHARACTERS) throw new MalformedContentError('a path is too long', { path: below })
    if ((await nodeOf(child, task.read)).kind === 'file') {
      await writeFileOf(child, join(dir, below), task)
    } else {
      await mkdir(join(dir, below))
      await writeDirectory(child, dir, below, depth + 1, task)
    }
  }
}

async function writeFileOf(cid: CID, file: string, task: Export): Promise<void> {
  // Never over something that is there, also no link.
  const handle = await open(file, 'wx', 0o644)
  try {
    for await (const piece of fileContent(cid, task.read, task.budget)) {
      task.signal.throwIfAborted()
      task.bytes += piece.byteLength
      if (task.bytes > task.limits.bytes) throw new ContentLimitError('bytes', { limit: task.limits.bytes })
      await handle.writeFile(piece)
    }
  } finally {
    await handle.close()
  }
}
