import type { CID } from 'multiformats/cid'
import { type BlockFiles, openBlockFiles } from './blockFiles.ts'
import {
  type Built,
  buildFromDisk,
  buildFromFile,
  buildTree,
  type ContentTree,
  type Sink,
  type TreeLimits,
} from './build.ts'
import { type BlockLimits, readCar, writeCar } from './car.ts'
import { decodeNode, isRaw, keyOf, parseCid } from './cid.ts'
import { ContentLimitError, MissingBlockError } from './errors.ts'
import { type Exported, exportTree } from './exportTree.ts'
import { openPins, type Pins } from './pins.ts'
import { budgetFor, type ContentEntry, type ContentNode, directoryLinks, fileContent, nodeOf } from './unixfs.ts'
import { walk } from './walk.ts'

/** Most entries of a directory that are listed. */
const MAX_LISTED = 100_000
/** And blocks of it: far more than a directory of so many names has. */
const MAX_LISTED_BLOCKS = 8_192

/**
 * Content by its hash, in a directory of its own. What is put in is kept for good only once it is pinned; until then a collection of
 * garbage takes it, unless a `writing` runs around both.
 */
export type ContentStore = {
  /** A file of the disk, as it is read. Links are not followed. @throws {StoreFullError | MalformedContentError | ContentLimitError} */
  putFile(path: string, limits: TreeLimits, signal: AbortSignal): Promise<CID>
  /** A directory of the disk with all below it, streamed. @throws {StoreFullError | MalformedContentError | ContentLimitError} */
  putDirectory(path: string, limits: TreeLimits, signal: AbortSignal): Promise<CID>
  /** A directory of bytes, of directories, and of content that is in the store, which is linked and not read again. */
  putTree(tree: ContentTree): Promise<CID>
  /** What a root is. @throws {MissingBlockError | MalformedContentError} */
  stat(cid: CID): Promise<ContentNode>
  /** What a directory holds, at most 100,000 names. @throws {MissingBlockError | MalformedContentError} */
  list(directory: CID): Promise<ContentEntry[]>
  /** The root at a path below a directory, e.g. `outputs/3/frame.png`; `undefined` if there is none. */
  find(directory: CID, path: string): Promise<CID | undefined>
  /** A file's bytes, a block at a time. @throws {MissingBlockError | MalformedContentError | ContentLimitError} */
  read(file: CID, limits: { bytes: number }, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** The whole of a small file. @throws {MissingBlockError | MalformedContentError | ContentLimitError} */
  readBytes(file: CID, limits: { bytes: number }, signal: AbortSignal): Promise<Uint8Array>
  /**
   * Writes a directory's content into a directory of the disk that is empty or not there. Files get mode 644. A failure removes
   * what was written. @throws {MissingBlockError | MalformedContentError | ContentLimitError}
   */
  exportTo(directory: CID, dir: string, limits: TreeLimits, signal: AbortSignal): Promise<Exported>
  /** A DAG as CAR version 1. @throws {MissingBlockError | MalformedContentError} */
  exportCar(root: CID, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Keeps the blocks of a CAR file, each checked; answers its roots, whose DAGs may be incomplete: `pin` says so. */
  importCar(
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    limits: BlockLimits,
    signal: AbortSignal,
  ): Promise<CID[]>
  /** Keeps a DAG under a name until `unpin`, over restarts and power cuts. @throws {MissingBlockError} if it is not complete */
  pin(name: string, cid: CID, signal: AbortSignal): Promise<void>
  /** Nothing happens where there is no such name. Of several all go at once. */
  unpin(names: string | readonly string[]): void
  pinned(name: string): CID | undefined
  pins(): { name: string; cid: CID }[]
  /** Removes what no pin reaches and no `writing` may have used since it began. */
  collectGarbage(signal: AbortSignal): Promise<{ blocks: number; bytes: number }>
  /** Runs `work`; what it puts in, finds or reads there is not collected before it is done. */
  writing<Result>(work: () => Promise<Result>): Promise<Result>
  /** Bytes of a block, `undefined` if it is not there. */
  blockBytes(cid: CID): number | undefined
  /** A block, checked. @throws {MissingBlockError} */
  getBlock(cid: CID): Promise<Uint8Array>
  /** Keeps a block that was checked. @throws {StoreFullError} */
  putBlock(cid: CID, bytes: Uint8Array): Promise<void>
  /** For those who serve blocks: `undefined` where there is none or the bytes are no CID that is read here. */
  block(cid: Uint8Array): Promise<Uint8Array | undefined>
  /** What counts against the limit: each block as much as it takes on a disk. */
  usedBytes(): number
  close(): void
}

/**
 * Opens a store, and makes it if need be. One process has it at a time. It survives being killed at any moment.
 *
 * @throws {TenderError} `storeInUse` if another process has it open
 * @throws {CorruptStateError} if its pins are damaged
 * @example
 * const store = openContentStore('/home/ada/.tender/content', { bytes: 50e9 })
 * const cid = await store.writing(async () => {
 *   const input = await store.putDirectory('./input', { bytes: 10e9, files: 10_000 }, signal)
 *   const bundle = await store.putTree({ 'job.json': manifest, input })
 *   await store.pin(`bundle:${order}`, bundle, signal)
 *   return bundle
 * })
 */
export function openContentStore(dir: string, limits: { bytes: number }): ContentStore {
  const pins = openPins(dir)
  try {
    return storeOver(openBlockFiles(dir, limits.bytes), pins)
  } catch (error) {
    pins.close()
    throw error
  }
}

function storeOver(blocks: BlockFiles, pins: Pins): ContentStore {
  const sink: Sink = { put: (cid, bytes) => blocks.write(keyOf(cid), bytes) }
  const find = (cid: CID) => blocks.read(keyOf(cid))
  const read = async (cid: CID) => {
    const bytes = await find(cid)
    if (!bytes) throw new MissingBlockError(cid.toString())
    return bytes
  }
  const sizeOf = async (cid: CID): Promise<bigint> => {
    const bytes = await read(cid)
    if (isRaw(cid)) return BigInt(bytes.byteLength)
    const below = decodeNode(cid, bytes).Links.reduce((sum, { Tsize = 0 }) => sum + Tsize, 0)
    return BigInt(bytes.byteLength + below)
  }
  const built = async (build: () => Promise<Built>) => (await blocks.writing(build)).cid
  const content = readerOf(read)

  return {
    putFile: (path, limits, signal) => built(() => buildFromFile(path, sink, { limits, signal, bytes: 0, files: 1 })),
    putDirectory: (path, limits, signal) =>
      built(() => buildFromDisk(path, sink, { limits, signal, bytes: 0, files: 0 })),
    putTree: (tree) => built(() => buildTree(tree, sink, sizeOf)),
    ...content,
    exportTo: (directory, dir, limits, signal) => exportTree(directory, dir, { read, limits, signal }),
    exportCar: (root, signal) => writeCar(root, read, signal),
    importCar: (pieces, limits, signal) => blocks.writing(() => readCar(pieces, sink, limits, signal)),
    pin: (name, cid, signal) => blocks.writing(() => pinAll(blocks, pins, { name, cid, read, signal })),
    unpin: (names) => pins.delete(typeof names === 'string' ? [names] : names),
    pinned: pins.get,
    pins: pins.all,
    async collectGarbage(signal) {
      const sweep = blocks.startSweep()
      const keep = new Set<string>()
      for (const { cid: root } of pins.all()) {
        for await (const { cid } of walk(root, find, { withLeaves: false }, signal)) keep.add(keyOf(cid))
      }
      return sweep(keep, signal)
    },
    writing: blocks.writing,
    blockBytes: (cid) => (blocks.touch(keyOf(cid)) ? blocks.size(keyOf(cid)) : undefined),
    getBlock: read,
    putBlock: sink.put,
    async block(bytes) {
      try {
        return await find(parseCid(bytes))
      } catch {
        return undefined
      }
    },
    usedBytes: blocks.usedBytes,
    close: pins.close,
  }
}

type Reader = Pick<ContentStore, 'stat' | 'list' | 'find' | 'read' | 'readBytes'>

function readerOf(getBlock: (cid: CID) => Promise<Uint8Array>): Reader {
  async function* read(file: CID, { bytes }: { bytes: number }, signal: AbortSignal) {
    let left = bytes
    for await (const piece of fileContent(file, getBlock, budgetFor({ bytes, files: 1 }))) {
      signal.throwIfAborted()
      left -= piece.byteLength
      if (left < 0) throw new ContentLimitError('bytes', { limit: bytes })
      yield piece
    }
  }
  async function findBelow(directory: CID, names: readonly string[]): Promise<CID | undefined> {
    const [first, ...rest] = names
    if (first === undefined) return directory
    if ((await nodeOf(directory, getBlock)).kind !== 'directory') return undefined
    for await (const { name, cid } of directoryLinks(directory, getBlock, listBudget())) {
      if (name === first) return findBelow(cid, rest)
    }
    return undefined
  }
  return {
    stat: (cid) => nodeOf(cid, getBlock),
    async list(directory) {
      const entries: ContentEntry[] = []
      for await (const { name, cid } of directoryLinks(directory, getBlock, listBudget())) {
        entries.push({ name, cid, ...(await nodeOf(cid, getBlock)) })
      }
      return entries
    },
    find: (directory, path) => findBelow(directory, path.split('/')),
    read,
    async readBytes(file, limits, signal) {
      return new Uint8Array(Buffer.concat(await Array.fromAsync(read(file, limits, signal))))
    },
  }
}

const listBudget = () => ({ blocks: MAX_LISTED_BLOCKS, entries: MAX_LISTED, maxEntries: MAX_LISTED })

/** Names a DAG once all of it is on the disk. */
async function pinAll(
  blocks: BlockFiles,
  pins: Pins,
  { name, cid, read, signal }: { name: string; cid: CID; read: (cid: CID) => Promise<Uint8Array>; signal: AbortSignal },
): Promise<void> {
  const keys: string[] = []
  for await (const { cid: each } of walk(cid, read, { withLeaves: false }, signal)) {
    if (!blocks.touch(keyOf(each))) throw new MissingBlockError(each.toString())
    keys.push(keyOf(each))
  }
  await blocks.sync(keys)
  pins.set(name, cid)
}
