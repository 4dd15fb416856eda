import { createHash } from 'node:crypto'
import {
  type BlockSource,
  ContentLimitError,
  type ContentStore,
  ContentUnavailableError,
  cidOf,
  fetchContent,
  MalformedContentError,
  MissingBlockError,
  parseCid,
} from '@tender/content'
import type { TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import { createFetching } from './fetching.ts'

/** A root of content, as the store names it. */
export type Root = ReturnType<typeof cidOf>

/** Most blocks of one root: of a directory with many small files each has one. */
const MOST_BLOCKS = 1_000_000
/** Most blocks between a root and a file below it. */
const MOST_PATH_BLOCKS = 64
/** What a directory's blocks take beside its files' content. */
const OVERHEAD_BYTES = 4 * 1024 ** 2

/** The content of one job, as it is brought here from whoever has it. */
export type JobContent = {
  store: ContentStore
  /**
   * Brings a whole root, and keeps it until the job is forgotten.
   *
   * @param digest sha2-256 of the root CID @param name of it within the job @param bytes most, of its files' content
   * @throws {ContentLimitError | MalformedContentError} it is not what it should be; and see `createFetching`
   */
  fetch(digest: Hex, name: string, bytes: number): Promise<Root>
  /** Brings one file below a root and nothing else of it; `undefined` if there is none. */
  fetchFile(root: string, path: string, bytes: number): Promise<Uint8Array | undefined>
}

/** @param sources the provider first @param seconds for all that is fetched together, see `createFetching` */
export function createJobContent(
  {
    store,
    lease,
    sources,
    seconds,
  }: { store: ContentStore; lease: Hex; sources: readonly BlockSource[]; seconds: number },
  signal: AbortSignal,
): JobContent {
  const within = createFetching(seconds, signal)
  const limitsOf = (bytes: number) => ({ bytes: Math.ceil(bytes * 1.1) + OVERHEAD_BYTES, blocks: MOST_BLOCKS })
  function bring(cid: Root, bytes: number, pin: string): Promise<unknown> {
    return within((signal, came) => {
      let before = 0
      const onProgress = ({ fetchedBytes }: { fetchedBytes: number }) => {
        came(fetchedBytes - before)
        before = fetchedBytes
      }
      return fetchContent({ cid, store, source: sources, limits: limitsOf(bytes), pin, onProgress, signal })
    })
  }

  async function find(root: Root, path: string, signal: AbortSignal): Promise<Root | undefined> {
    for (let blocks = 0; blocks <= MOST_PATH_BLOCKS; blocks++) {
      try {
        return await store.find(root, path)
      } catch (error) {
        if (!(error instanceof MissingBlockError)) throw error
        await fetchBlock(parseCid(String(error.data.cid)), { store, sources }, signal)
      }
    }
    throw new ContentLimitError('blocks', { limit: MOST_PATH_BLOCKS })
  }

  return {
    store,
    async fetch(digest, name, bytes) {
      const cid = cidOf(digest)
      const pin = pinName(lease, name)
      if (!store.pinned(pin)?.equals(cid)) await bring(cid, bytes, pin)
      return cid
    },
    async fetchFile(root, path, bytes) {
      const from = parseCid(root)
      const cid = await within((signal) => find(from, path, signal))
      if (!cid) return undefined
      await bring(cid, bytes, pinName(lease, path))
      return store.readBytes(cid, { bytes }, signal)
    },
  }
}

/** Lets go of all that was brought for a job. The next collection of garbage removes it. */
export function forgetContent(store: ContentStore, lease: Hex): void {
  const own = pinName(lease, '')
  store.unpin(store.pins().flatMap(({ name }) => (name.startsWith(own) ? [name] : [])))
}

/** Whether content is there and is not what it should be, which is the fault of whoever made it. */
export function isBadContent(error: unknown): error is TenderError {
  return error instanceof ContentLimitError || error instanceof MalformedContentError
}

const pinName = (lease: Hex, name: string) => `${lease}/${name}`

/** Brings one block, and not what it links to. */
async function fetchBlock(
  cid: Root,
  { store, sources }: { store: ContentStore; sources: readonly BlockSource[] },
  signal: AbortSignal,
): Promise<void> {
  const failures: { source: number; error: unknown }[] = []
  for (const [source, { blocks }] of sources.entries()) {
    try {
      for await (const { bytes } of blocks([cid.bytes], signal)) {
        if (!isBlock(cid, bytes)) break
        await store.putBlock(cid, bytes)
        return
      }
    } catch (error) {
      signal.throwIfAborted()
      failures.push({ source, error })
    }
  }
  throw new ContentUnavailableError(cid.toString(), 1, failures)
}

function isBlock(cid: Root, bytes: Uint8Array): boolean {
  return createHash('sha256').update(bytes).digest().equals(cid.multihash.digest)
}
