import { TenderError } from '@tender/protocol'
import type { CID } from 'multiformats/cid'
import { mapAtOnce, workAhead } from './atOnce.ts'
import type { BlockLimits } from './car.ts'
import { idOf, isRaw, linksOf, parseCid, verifyBlock } from './cid.ts'
import { BadBlockError, ContentLimitError, ContentUnavailableError } from './errors.ts'
import type { ContentStore } from './store.ts'
import { MAX_DEPTH } from './walk.ts'

/** Somebody who may have blocks. */
export type BlockSource = {
  /** Those of the blocks that it has, in any order. `cid` and what is asked for are CIDs as bytes. */
  blocks(cids: readonly Uint8Array[], signal: AbortSignal): AsyncIterable<SourceBlock>
}

/** `release`, where there is one, is called once `bytes` are not read any more: the source may write something else there. */
export type SourceBlock = { cid: Uint8Array; bytes: Uint8Array; release?: () => void }

/** How far a fetch is. What there is to do is known only as far as the DAG is. */
export type FetchProgress = {
  /** Blocks that are in the store now, and their bytes, those that were there before included. */
  blocks: number
  bytes: number
  /** Of these, what came from the source. */
  fetchedBlocks: number
  fetchedBytes: number
  /** Blocks that are known to be needed, those that are there included. */
  knownBlocks: number
}

export type FetchOptions = {
  cid: CID
  store: ContentStore
  /** Several are asked one after the other: each for what those before it did not give. */
  source: BlockSource | readonly BlockSource[]
  /** For all of the DAG, what is in the store already included. */
  limits: BlockLimits
  /** Pins it under this name once it is complete. */
  pin?: string
  onProgress?: (progress: FetchProgress) => void
  signal: AbortSignal
}

/** Blocks of one question. */
const BLOCKS_AT_ONCE = 256
/** Questions at once: while one waits for its first block another one's arrive. */
const QUESTIONS_AT_ONCE = 2
/** Blocks of one question that are written at once: while these are, the next ones arrive. */
const WRITES_AT_ONCE = 8

type Task = Omit<FetchOptions, 'source'> & {
  sources: Map<number, BlockSource>
  failures: { source: number; error: unknown }[]
  seen: Set<string>
  progress: FetchProgress
}

/**
 * Brings a DAG into the store. Asks only for blocks that are not there, so it goes on where an earlier one ended; each is checked
 * before it is kept. A source that fails or gives anything but what it was asked for is not asked again.
 *
 * @throws {ContentUnavailableError} if no source gave what is missing; its `failures` say what each did
 * @throws {ContentLimitError | StoreFullError | MalformedContentError} as soon as it shows
 * @example
 * const source = { blocks: (cids, signal) => askBlocks(node, tenant, cids, signal) }
 * await fetchContent({ cid: cidOf(jobTerms.inputs), store, source, limits: { bytes: 10e9, blocks: 100_000 }, pin: order, signal })
 */
export async function fetchContent(options: FetchOptions): Promise<FetchProgress> {
  const { cid, store, source, pin, signal, ...rest } = options
  const sources = new Map([source].flat().entries())
  const progress = { blocks: 0, bytes: 0, fetchedBlocks: 0, fetchedBytes: 0, knownBlocks: 1 }
  const task: Task = { ...rest, cid, store, signal, sources, failures: [], seen: new Set([idOf(cid)]), progress }
  return store.writing(async () => {
    let level = [cid]
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > MAX_DEPTH) throw new ContentLimitError('levels', { limit: MAX_DEPTH })
      level = await fetchLevel(level, task)
    }
    if (pin !== undefined) await store.pin(pin, cid, signal)
    return progress
  })
}

/** Brings these blocks; answers what they link to and nothing before did. */
async function fetchLevel(level: readonly CID[], task: Task): Promise<CID[]> {
  const next: CID[] = []
  const missing: CID[] = []
  for (const cid of level) {
    task.signal.throwIfAborted()
    if (!(await takeLocal(cid, task, next))) missing.push(cid)
  }
  const batches = []
  for (let at = 0; at < missing.length; at += BLOCKS_AT_ONCE) batches.push(missing.slice(at, at + BLOCKS_AT_ONCE))
  const failed = new AbortController()
  const signal = AbortSignal.any([task.signal, failed.signal])
  await mapAtOnce(QUESTIONS_AT_ONCE, batches, (batch) =>
    fetchBatch(batch, task, next, signal).catch((error) => {
      failed.abort()
      throw error
    }),
  )
  return next
}

async function takeLocal(cid: CID, task: Task, next: CID[]): Promise<boolean> {
  const bytes = task.store.blockBytes(cid)
  if (bytes === undefined) return false
  if (isRaw(cid)) {
    count(bytes, task)
    return true
  }
  const node = await task.store.getBlock(cid).catch(absentBlock)
  if (!node) return false
  count(bytes, task)
  addLinks(cid, node, task, next)
  return true
}

/** Asks each source in turn. */
async function fetchBatch(batch: readonly CID[], task: Task, next: CID[], signal: AbortSignal): Promise<void> {
  const missing = new Map(batch.map((cid) => [idOf(cid), cid]))
  for (const [index, source] of [...task.sources]) {
    if (missing.size === 0) return
    // The other question may have given it up meanwhile.
    if (!task.sources.has(index)) continue
    const writes = workAhead(WRITES_AT_ONCE)
    let ours = false
    try {
      for await (const { cid, bytes, release } of blocksFrom(source, missing, signal)) {
        ours = true
        missing.delete(idOf(cid))
        count(bytes.byteLength, task)
        addLinks(cid, bytes, task, next)
        await writes.add(() => keep(cid, bytes, task).finally(release))
        ours = false
      }
    } catch (error) {
      signal.throwIfAborted()
      if (ours) throw error
      task.sources.delete(index)
      task.failures.push({ source: index, error })
    } finally {
      await writes.done()
    }
  }
  if (missing.size > 0) throw new ContentUnavailableError(task.cid.toString(), missing.size, task.failures)
}

/** What the source gives, checked. `missing` is what it may give: its user takes out what came. */
async function* blocksFrom(source: BlockSource, missing: ReadonlyMap<string, CID>, signal: AbortSignal) {
  const asked = [...missing.values()].map((cid) => cid.bytes)
  for await (const { cid: cidBytes, bytes, release } of source.blocks(asked, signal)) {
    const cid = missing.get(idOf(parseCid(cidBytes)))
    if (!cid) throw new BadBlockError('nobody asked for it', parseCid(cidBytes).toString())
    await verifyBlock(cid, bytes)
    yield { cid, bytes, release }
  }
}

async function keep(cid: CID, bytes: Uint8Array, task: Task): Promise<void> {
  await task.store.putBlock(cid, bytes)
  task.progress.fetchedBlocks++
  task.progress.fetchedBytes += bytes.byteLength
  task.onProgress?.({ ...task.progress })
}

function count(bytes: number, { progress, limits }: Task): void {
  progress.blocks++
  progress.bytes += bytes
  if (progress.bytes > limits.bytes) throw new ContentLimitError('bytes', { limit: limits.bytes })
}

function addLinks(cid: CID, bytes: Uint8Array, { seen, limits, progress }: Task, next: CID[]): void {
  for (const link of linksOf(cid, bytes)) {
    if (seen.has(idOf(link))) continue
    if (seen.size >= limits.blocks) throw new ContentLimitError('blocks', { limit: limits.blocks })
    seen.add(idOf(link))
    // A copy: the link's own bytes are part of the block's.
    next.push(parseCid(link.bytes.slice()))
  }
  progress.knownBlocks = seen.size
}

/** A block that a power cut damaged is missing too. */
function absentBlock(error: unknown): undefined {
  if (error instanceof TenderError && error.code === 'blockMissing') return undefined
  throw error
}
