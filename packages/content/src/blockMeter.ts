import type { BlockSource } from './fetch.ts'

/** What has blocks to give. */
type Blocks = { block(cid: Uint8Array): Promise<Uint8Array | undefined> }

/** Counts the bytes of blocks that come and go. */
export type BlockMeter = {
  /** The same blocks: each that is given counts as served. */
  serving(store: Blocks): Blocks
  /** The same source: each block that it gives counts as fetched. */
  fetching(source: BlockSource): BlockSource
  /** Since this meter was made, bytes of content. */
  counts(): { servedBytes: number; fetchedBytes: number }
}

/**
 * Measures who gives content to whom.
 *
 * @example
 * const meter = createBlockMeter()
 * await serveBlocks(node, meter.serving(store))
 */
export function createBlockMeter(): BlockMeter {
  const counts = { servedBytes: 0, fetchedBytes: 0 }
  return {
    serving: (store) => ({
      async block(cid) {
        const bytes = await store.block(cid)
        counts.servedBytes += bytes?.byteLength ?? 0
        return bytes
      },
    }),
    fetching: (source) => ({
      async *blocks(cids, signal) {
        for await (const block of source.blocks(cids, signal)) {
          counts.fetchedBytes += block.bytes.byteLength
          yield block
        }
      },
    }),
    counts: () => ({ ...counts }),
  }
}
