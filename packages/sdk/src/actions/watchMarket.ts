import type { MarketClient } from '../createMarketClient.ts'
import { LOG_PAGE_BLOCKS } from '../internal/logPages.ts'
import type { MarketCursor, MarketEvent } from '../internal/marketEvents.ts'
import { type BlockRef, blockAt, newestBlock, readBlockEvents, readRange } from '../internal/readRange.ts'
import { sleep } from '../internal/sleep.ts'

/**
 * - a {@link MarketEvent}, in the chain's order;
 * - `synced`: all events up to `cursor.block` were yielded. What is at hand now may be written, with the cursor;
 * - `reorg`: the chain rolled back. Whatever came from block `fromBlock` or later did not happen; what happened instead follows.
 */
export type MarketUpdate =
  | MarketEvent
  | { type: 'synced'; cursor: MarketCursor; timestamp: number }
  | { type: 'reorg'; fromBlock: number }

export type WatchMarketParameters = {
  /** Where an earlier watch came to. */
  cursor?: MarketCursor | undefined
  /** Without a cursor: the first block to look at. @default the market's first */
  fromBlock?: number | undefined
  /** Ends the watch: the generator returns. */
  signal: AbortSignal
}

/** How many blocks are remembered to find where a reorg began. A deeper one starts again from the market's first block. */
const REMEMBERED = 256

/**
 * Follows everything that happens in a market, by polling. Resumable: keep the cursor of each `synced`.
 *
 * @throws {RpcUnreachableError} after the client's retries; watch again from the last cursor
 *
 * @example
 * for await (const update of watchMarket(market, { cursor, signal })) {
 *   if (update.type === 'LeaseOpened') start(update.args.lease, update.args.terms)
 *   if (update.type === 'reorg') undoFrom(update.fromBlock)
 *   if (update.type === 'synced') save(update.cursor)
 * }
 */
export async function* watchMarket(
  client: MarketClient,
  { cursor, fromBlock = client.book.deployBlock, signal }: WatchMarketParameters,
): AsyncGenerator<MarketUpdate, void> {
  const trail: MarketCursor[] = cursor ? [cursor] : []
  let next = cursor ? cursor.block + 1 : fromBlock
  while (!signal.aborted) {
    const step = await readStep(client, trail, next)
    if (step.type === 'reorg') {
      next = step.fromBlock
      yield step
    } else if (step.type === 'range') {
      yield* step.events
      next = step.cursor.block + 1
      remember(trail, step.cursor)
      yield { type: 'synced', cursor: step.cursor, timestamp: step.timestamp }
    } else if (!(await pause(client, signal))) return
  }
}

type Step =
  | { type: 'reorg'; fromBlock: number }
  | { type: 'range'; events: MarketEvent[]; cursor: MarketCursor; timestamp: number }
  /** Nothing new, or the chain moved while it was read. */
  | { type: 'idle' }

/**
 * Reads the events of the next blocks, if the chain is still the one that the trail leads along. One question tells that nothing is
 * new, and a second one all of the block after: that is what a daemon asks all day.
 */
async function readStep(client: MarketClient, trail: MarketCursor[], next: number): Promise<Step> {
  const last = trail.at(-1)
  const head = await newestBlock(client)
  if (head.hash === last?.hash) return { type: 'idle' }
  const following = head.parentHash === last?.hash ? await readBlockEvents(client, head) : undefined
  if (following) return rangeOf(following, head)
  const isOnTrail = async () => !last || (await hashAt(client, last.block)) === last.hash
  if (!(await isOnTrail())) return rollBack(client, trail)
  if (head.block < next) return { type: 'idle' }
  const read = await readRange(client, next, Math.min(head.block, next + LOG_PAGE_BLOCKS - 1))
  if (!read || !(await isOnTrail())) return { type: 'idle' }
  return rangeOf(read.events, read.last)
}

function rangeOf(events: MarketEvent[], { block, hash, timestamp }: BlockRef): Step {
  return { type: 'range', events, cursor: { block, hash }, timestamp }
}

/** Shortens the trail to what the chain still has. */
async function rollBack(client: MarketClient, trail: MarketCursor[]): Promise<Step> {
  for (let last = trail.at(-1); last; last = trail.at(-1)) {
    if ((await hashAt(client, last.block)) === last.hash) return { type: 'reorg', fromBlock: last.block + 1 }
    trail.pop()
  }
  return { type: 'reorg', fromBlock: client.book.deployBlock }
}

function remember(trail: MarketCursor[], cursor: MarketCursor): void {
  trail.push(cursor)
  if (trail.length > REMEMBERED) trail.shift()
}

async function hashAt(client: MarketClient, block: number) {
  return (await blockAt(client, block))?.hash
}

/** Resolves false once aborted. */
function pause(client: MarketClient, signal: AbortSignal): Promise<boolean> {
  return sleep(client.pollingIntervalMs, signal).then(
    () => true,
    () => false,
  )
}
