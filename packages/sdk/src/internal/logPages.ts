import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

/** Nodes refuse to search more blocks than about this at once. */
export const LOG_PAGE_BLOCKS = 10_000

export type BlockRange = { fromBlock: bigint; toBlock: bigint }

export type LogPagesOptions = {
  /** @default the market's first */
  fromBlock?: number | undefined
  /** @default the head */
  toBlock?: number | undefined
}

/** Reads logs from `toBlock` back to `fromBlock`, page by page, so that a search may stop early. */
export async function* logPages<T>(
  client: MarketClient,
  read: (range: BlockRange) => Promise<T[]>,
  { fromBlock = client.book.deployBlock, toBlock }: LogPagesOptions = {},
): AsyncGenerator<T[]> {
  let to = toBlock ?? Number(await translated(client, client.rpc.getBlockNumber()))
  while (to >= fromBlock) {
    const from = Math.max(fromBlock, to - LOG_PAGE_BLOCKS + 1)
    yield await translated(client, read({ fromBlock: BigInt(from), toBlock: BigInt(to) }))
    to = from - 1
  }
}
