import { constants } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { importer, type WritableStorage } from 'ipfs-unixfs-importer'
import { CID } from 'multiformats/cid'
import { mapAtOnce } from './atOnce.ts'
import { ContentLimitError, MalformedContentError } from './errors.ts'
import { isSafeName } from './unixfs.ts'

/** How much of a tree is taken, together. */
export type TreeLimits = { bytes: number; files: number }

/** A directory in memory: bytes and what is already in the store, by name. */
export type ContentTree = { readonly [name: string]: Uint8Array | CID | ContentTree }

/** A finished part of a DAG; `size` is that of all its blocks, as links have it. */
export type Built = { cid: CID; size: bigint }

/** Takes finished blocks. */
export type Sink = { put(cid: CID, bytes: Uint8Array): Promise<void> }

/**
 * CIDs are those of IPIP-499's profile: version 1, sha2-256, raw leaves of 1 MiB (`size-1048576`), 1024 links to a node, directories
 * sharded above 256 KiB. `ipfs add` makes the same after `ipfs config profile apply unixfs-v1-2025`.
 */
const profile = 'unixfs-v1-2025'

/** Blocks that are hashed and written at once, per file. */
const BLOCKS_AT_ONCE = 8
const FILES_AT_ONCE = 8
const CHUNK_BYTES = 2 ** 20

/** A file of bytes that are there or still come. */
export async function buildFile(
  content: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sink: Sink,
): Promise<Built> {
  for await (const built of importer([{ content }], storageOf(sink), {
    profile,
    blockWriteConcurrency: BLOCKS_AT_ONCE,
  })) {
    return { cid: built.cid, size: built.size }
  }
  throw new Error('a file without a root')
}

/** A directory of parts that are built, by name. @throws {MalformedContentError} for a name that {@link isSafeName} refuses */
export async function buildDirectory(entries: readonly (Built & { name: string })[], sink: Sink): Promise<Built> {
  for (const { name } of entries) checkName(name, name)
  const linked = async function* () {
    for (const { name, cid, size } of entries) yield async () => ({ cid, size, path: name, originalPath: name })
  }
  let root: Built | undefined
  const options = { profile, wrapWithDirectory: true, dagBuilder: linked } as const
  for await (const { cid, size } of importer([], storageOf(sink), options)) root = { cid, size: BigInt(size) }
  if (!root) throw new Error('a directory without a root')
  return root
}

/** A tree in memory. `sizeOf` answers for what is linked. */
export async function buildTree(tree: ContentTree, sink: Sink, sizeOf: (cid: CID) => Promise<bigint>): Promise<Built> {
  const entries = []
  for (const [name, part] of Object.entries(tree)) {
    entries.push({ name, ...(await buildPart(part, sink, sizeOf)) })
  }
  return buildDirectory(entries, sink)
}

async function buildPart(
  part: Uint8Array | CID | ContentTree,
  sink: Sink,
  sizeOf: (cid: CID) => Promise<bigint>,
): Promise<Built> {
  if (part instanceof Uint8Array) return buildFile(part, sink)
  const cid = CID.asCID(part)
  if (cid) return { cid, size: await sizeOf(cid) }
  // CAST: it is neither of the other two.
  return buildTree(part as ContentTree, sink, sizeOf)
}

/** Counts what is read from the disk against the limits, and ends when asked to. */
export type DiskBudget = { limits: TreeLimits; bytes: number; files: number; signal: AbortSignal }

/** A directory of the disk, streamed. @throws {MalformedContentError} for links, devices, sockets and odd names */
export async function buildFromDisk(path: string, sink: Sink, budget: DiskBudget): Promise<Built> {
  const found = await readdir(path, { withFileTypes: true })
  for (const { name } of found) checkName(name, join(path, name))
  const entries = await mapAtOnce(FILES_AT_ONCE, found, async (entry) => {
    const below = join(path, entry.name)
    if (++budget.files > budget.limits.files) throw new ContentLimitError('files', { limit: budget.limits.files })
    if (entry.isDirectory()) return { name: entry.name, build: () => buildFromDisk(below, sink, budget) }
    if (!entry.isFile()) throw new MalformedContentError('it is neither a file nor a directory', { path: below })
    const built = await buildFromFile(below, sink, budget)
    return { name: entry.name, build: async () => built }
  })
  const built = []
  // One directory at a time, or a wide tree would have all its files open at once.
  for (const { name, build } of entries) built.push({ name, ...(await build()) })
  return buildDirectory(built, sink)
}

/** A file of the disk, streamed. A link in its place is not followed, a pipe not waited for. */
export async function buildFromFile(path: string, sink: Sink, budget: DiskBudget): Promise<Built> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((cause) => {
    if (cause.code !== 'ELOOP') throw cause
    throw new MalformedContentError('it is a symbolic link', { path })
  })
  try {
    if (!(await file.stat()).isFile()) throw new MalformedContentError('it is no file', { path })
    const stream = file.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false })
    return await buildFile(counted(stream, budget), sink)
  } finally {
    await file.close()
  }
}

async function* counted(pieces: AsyncIterable<Uint8Array>, budget: DiskBudget): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    budget.signal.throwIfAborted()
    budget.bytes += piece.byteLength
    if (budget.bytes > budget.limits.bytes) throw new ContentLimitError('bytes', { limit: budget.limits.bytes })
    yield piece
  }
}

function storageOf(sink: Sink): WritableStorage {
  return {
    async put(cid, bytes) {
      if (!(bytes instanceof Uint8Array)) throw new Error('a block in pieces')
      await sink.put(cid, bytes)
      return cid
    },
  }
}

function checkName(name: string, path: string): void {
  if (!isSafeName(name)) throw new MalformedContentError('a name is not allowed', { path })
}
