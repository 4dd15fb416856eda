import type { MarketClient } from '../createMarketClient.ts'
import { type BlockRef, blockAt } from '../internal/readRange.ts'

export type ReadBlocksParameters = { blocks: readonly number[] }
/** In the order asked; `undefined` where the chain has no such block. */
export type ReadBlocksReturnType = (BlockRef | undefined)[]

/**
 * What tells blocks apart: to find out whether the chain is still the one that was read.
 *
 * @throws {RpcUnreachableError} after the client's retries
 *
 * @example
 * const [block] = await readBlocks(market, { blocks: [cursor.block] })
 * if (block?.hash !== cursor.hash) rollBack()
 */
export function readBlocks(client: MarketClient, { blocks }: ReadBlocksParameters): Promise<ReadBlocksReturnType> {
  return Promise.all(blocks.map((block) => blockAt(client, block)))
}
