import type { MarketClient } from '@tender/sdk'
import type { SeenBlock } from './capacity/moments.ts'
import { type ChainBlock, readBlock } from './facts/blockAt.ts'

/** Of blocks that came while nobody looked only the newest are fed: what they ask for is now. */
const MOST_AT_ONCE = 16

/** Feeds every block that comes, in order, each with the time of the one before. */
export function createBlockFeed(client: Pick<MarketClient, 'rpc'>, feed: (block: SeenBlock) => void) {
  let last: ChainBlock | undefined
  return async (head: ChainBlock): Promise<void> => {
    // What was there before the first look is not new.
    last ??= head
    const from = Math.max(Number(last.number), Number(head.number) - MOST_AT_ONCE)
    if (Number(last.number) < from) last = await readBlock(client, BigInt(from))
    for (let number = from + 1; number <= Number(head.number); number++) {
      const block = number === Number(head.number) ? head : await readBlock(client, BigInt(number))
      feed({ hash: block.hash, timestamp: block.timestamp, parentTimestamp: last.timestamp })
      last = block
    }
    // After a rollback the chain may be shorter.
    if (head.number < last.number) last = head
  }
}
