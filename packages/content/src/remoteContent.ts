import type { CID } from 'multiformats/cid'
import { decodeNode, idOf, isRaw, parseCid, verifyBlock } from './cid.ts'
import { BadBlockError, ContentLimitError, ContentUnavailableError } from './errors.ts'
import type { BlockSource } from './fetch.ts'
import { budgetFor, type ContentNode, directoryLinks, fileContent, nodeOf } from './unixfs.ts'

/** Blocks of one question. */
const BLOCKS_AT_ONCE = 64
/** Questions at once: what is wanted meanwhile goes together into the next. */
const QUESTIONS_AT_ONCE = 2

/** Something with a name in a directory. `bytes` of a file is what is said of it; reading it fails where that is not so. */
export type RemoteEntry = { name: string; cid: CID } & ContentNode

/** Content that somebody else has, looked at block by block and kept in memory for a while. Needs nothing of Node's. */
export type RemoteContent = {
  /**
   * What a directory holds, at most `files` names. Small files are not read for it, of others and of directories one block each.
   *
   * @throws {ContentUnavailableError | BadBlockError | MalformedContentError | ContentLimitError}
   */
  list(directory: CID, limits: { files: number }, signal: AbortSignal): Promise<RemoteEntry[]>
  /** A file's bytes, a block at a time; stop early by leaving the loop. Same errors as `list`. */
  read(file: CID, limits: { bytes: number }, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined>
  /** The whole of a file. Same errors as `list`. */
  readBytes(file: CID, limits: { bytes: number }, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>>
}

export type RemoteContentOptions = {
  source: BlockSource
  /** Most bytes that are kept for the next look; the oldest go first. */
  cacheBytes: number
  /** Ends all that is under way. */
  signal: AbortSignal
}

type Waiter = { cid: CID; resolve(bytes: Uint8Array): void; reject(error: unknown): void }
type Remote = RemoteContentOptions & {
  cache: Map<string, Uint8Array>
  cachedBytes: number
  /** What was asked for already, by id, and what is still to be. */
  wanted: Map<string, Promise<Uint8Array>>
  queue: Waiter[]
  questions: number
}

/**
 * Looks into content over a source: every block is checked against its CID before anything is made of it.
 *
 * @example
 * const source = { blocks: (cids, signal) => askBlocks(node, provider, cids, signal) }
 * const remote = openRemoteContent({ source, cacheBytes: 32e6, signal })
 * const [picture] = await remote.list(cidOf(record.output), { files: 100 }, signal)
 * const bytes = await remote.readBytes(picture.cid, { bytes: 8e6 }, signal)
 */
export function openRemoteContent(options: RemoteContentOptions): RemoteContent {
  const remote: Remote = {
    ...options,
    cache: new Map(),
    cachedBytes: 0,
    wanted: new Map(),
    queue: [],
    questions: 0,
  }
  const reader = (signal: AbortSignal) => (cid: CID) => orAborted(blockOf(remote, cid), signal)

  async function* read(file: CID, { bytes }: { bytes: number }, signal: AbortSignal) {
    let left = bytes
    for await (const piece of fileContent(file, reader(signal), budgetFor({ bytes, files: 1 }))) {
      left -= piece.byteLength
      if (left < 0) throw new ContentLimitError('bytes', { limit: bytes })
      yield piece
    }
  }
  return {
    read,
    async list(directory, { files }, signal) {
      const sizes = new Map<string, number>()
      const block = reader(signal)
      const sized = async (cid: CID) => {
        const bytes = await block(cid)
        if (!isRaw(cid)) for (const { Hash, Tsize } of decodeNode(cid, bytes).Links) sizes.set(idOf(Hash), Tsize ?? 0)
        return bytes
      }
      const links = await Array.fromAsync(directoryLinks(directory, sized, budgetFor({ bytes: 0, files })))
      return Promise.all(
        links.map(async ({ name, cid }): Promise<RemoteEntry> => {
          if (!isRaw(cid)) return { name, cid, ...(await nodeOf(cid, block)) }
          return { name, cid, kind: 'file', bytes: sizes.get(idOf(cid)) ?? 0 }
        }),
      )
    },
    async readBytes(file, limits, signal) {
      const pieces = await Array.fromAsync(read(file, limits, signal))
      const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
      let at = 0
      for (const piece of pieces) {
        whole.set(piece, at)
        at += piece.byteLength
      }
      return whole
    },
  }
}

/** A block from what is kept, or from the source; several who want it at once ask once. */
function blockOf(remote: Remote, cid: CID): Promise<Uint8Array> {
  const id = idOf(cid)
  const kept = remote.cache.get(id)
  if (kept) return Promise.resolve(kept)
  const known = remote.wanted.get(id)
  if (known) return known
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  remote.wanted.set(id, promise)
  remote.queue.push({ cid, resolve, reject })
  // What is wanted in the same turn goes into the same question.
  queueMicrotask(() => askMore(remote))
  return promise
}

function askMore(remote: Remote): void {
  if (remote.questions >= QUESTIONS_AT_ONCE || remote.queue.length === 0) return
  const batch = remote.queue.splice(0, BLOCKS_AT_ONCE)
  remote.questions++
  void ask(remote, batch).finally(() => {
    remote.questions--
    askMore(remote)
  })
}

async function ask(remote: Remote, batch: readonly Waiter[]): Promise<void> {
  const left = new Map(batch.map((waiter) => [idOf(waiter.cid), waiter]))
  try {
    const asked = batch.map(({ cid }) => cid.bytes)
    for await (const { cid: cidBytes, bytes: theirs, release } of remote.source.blocks(asked, remote.signal)) {
      const id = idOf(parseCid(cidBytes))
      const waiter = left.get(id)
      if (!waiter) throw new BadBlockError('nobody asked for it', parseCid(cidBytes).toString())
      await verifyBlock(waiter.cid, theirs)
      // Theirs may be a small part of something large.
      const bytes = theirs.slice()
      release?.()
      left.delete(id)
      remote.wanted.delete(id)
      keep(remote, id, bytes)
      waiter.resolve(bytes)
    }
    fail(remote, left, ({ cid }) => new ContentUnavailableError(cid.toString(), 1, []))
  } catch (error) {
    fail(remote, left, () => error)
  }
}

function fail(remote: Remote, left: ReadonlyMap<string, Waiter>, errorOf: (waiter: Waiter) => unknown): void {
  for (const [id, waiter] of left) {
    remote.wanted.delete(id)
    waiter.reject(errorOf(waiter))
  }
}

function keep(remote: Remote, id: string, bytes: Uint8Array): void {
  remote.cache.set(id, bytes)
  remote.cachedBytes += bytes.byteLength
  for (const [oldest, { byteLength }] of remote.cache) {
    if (remote.cachedBytes <= remote.cacheBytes) return
    remote.cache.delete(oldest)
    remote.cachedBytes -= byteLength
  }
}

/** What nobody waits for any more may still come: others may want it. */
async function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const aborted = () => reject(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}
