import { type BlockRef, getChainTime, type MarketClient, readBlocks, readMarketEvents } from '@tender/sdk'
import type { TimedEvent } from './step.ts'

/** Blocks asked for at a time. */
const BLOCKS_AT_ONCE = 50

/** Blocks to read next. `final`: nobody takes them back any more. */
export type Range = { from: number; to: number; final: boolean }

/** What is known of the chain's last read block. */
export type Known = Pick<BlockRef, 'block' | 'hash'>

export type ReadStep = {
  events: TimedEvent[]
  last: BlockRef
  /** Every block of a range that is not final, to find where a reorganisation begins. */
  blocks: BlockRef[]
}

export async function headOf(client: MarketClient): Promise<number> {
  return (await getChainTime(client)).block
}

/**
 * Reads a range that goes on from `known`. @returns `undefined` if the chain moved meanwhile: look again
 *
 * @throws {RpcRejectedError} @throws {RpcUnreachableError}
 */
export async function readStep(
  client: MarketClient,
  known: Known | undefined,
  range: Range,
): Promise<ReadStep | undefined> {
  const { from: fromBlock, to: toBlock, final } = range
  const numbers = final ? [] : Array.from({ length: toBlock - fromBlock + 1 }, (_, index) => fromBlock + index)
  const blocks = await readBlocks(client, { blocks: numbers })
  const read = await readMarketEvents(client, { fromBlock, toBlock })
  // As long as the chain has the block that we know, all that was read goes on from it.
  const [still] = known ? await readBlocks(client, { blocks: [known.block] }) : []
  if (!read || still?.hash !== known?.hash) return undefined
  const { events, last } = read
  if (final) return { events, last, blocks: [last] }
  return isChain(blocks, known) && areOf(events, blocks) && blocks.at(-1)?.hash === last.hash
    ? { events, last, blocks }
    : undefined
}

/** Whether each block's parent is the one before. */
function isChain(blocks: (BlockRef | undefined)[], known: Known | undefined): blocks is BlockRef[] {
  let parent = known?.hash
  for (const block of blocks) {
    if (!block || (parent !== undefined && block.parentHash !== parent)) return false
    parent = block.hash
  }
  return true
}

function areOf(events: readonly TimedEvent[], blocks: readonly BlockRef[]): boolean {
  const hashes = new Map(blocks.map(({ block, hash }) => [block, hash]))
  return events.every(({ block, blockHash }) => hashes.get(block) === blockHash)
}

/** The newest of these blocks, newest first, that the chain still has. */
export async function lastCommon<T extends Known>(client: MarketClient, kept: readonly T[]): Promise<T | undefined> {
  for (let at = 0; at < kept.length; at += BLOCKS_AT_ONCE) {
    const some = kept.slice(at, at + BLOCKS_AT_ONCE)
    const found = await readBlocks(client, { blocks: some.map(({ block }) => block) })
    const common = some.find(({ hash }, index) => found[index]?.hash === hash)
    if (common) return common
  }
  return undefined
}
