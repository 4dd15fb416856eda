import type { MarketClient } from '../createMarketClient.ts'
import type { MarketEvent } from '../internal/marketEvents.ts'
import { type BlockRef, blockAt, readRange } from '../internal/readRange.ts'

export type ReadMarketEventsParameters = { fromBlock: number; toBlock: number }
/** `undefined`: the chain moved while it was read, or is not that long. */
export type ReadMarketEventsReturnType =
  | {
      /** In the chain's order. */
      events: (MarketEvent & { timestamp: number })[]
      /** The block `toBlock`, to which all of them lead. */
      last: BlockRef
    }
  | undefined

/** Blocks asked for at a time, where the node does not tell times with its logs. */
const BLOCKS_AT_ONCE = 100

/**
 * Reads all that happened in a market in some blocks, from one chain.
 *
 * @throws {RpcRejectedError} also for a range that the node finds too large
 * @throws {RpcUnreachableError} after the client's retries
 *
 * @example
 * const read = await readMarketEvents(market, { fromBlock: 1, toBlock: 2_000 })
 * // { events: [{ type: 'AssetChanged', args: { asset, allowed: true }, block: 12, timestamp: 1795234567, … }], last: { block: 2_000, hash, … } }
 */
export async function readMarketEvents(
  client: MarketClient,
  { fromBlock, toBlock }: ReadMarketEventsParameters,
): Promise<ReadMarketEventsReturnType> {
  const read = await readRange(client, fromBlock, toBlock)
  if (!read) return undefined
  const times = await timesOf(client, read.events)
  if (!times) return undefined
  const events = read.events.map((event) => ({
    ...event,
    timestamp: event.timestamp ?? times.get(event.block) ?? read.last.timestamp,
  }))
  return { events, last: read.last }
}

/** When the blocks were whose events do not say so. */
async function timesOf(client: MarketClient, events: readonly MarketEvent[]): Promise<Map<number, number> | undefined> {
  const hashes = new Map(
    events.flatMap(({ timestamp, block, blockHash }) => (timestamp === undefined ? [[block, blockHash]] : [])),
  )
  const wanted = [...hashes.keys()]
  const times = new Map<number, number>()
  for (let at = 0; at < wanted.length; at += BLOCKS_AT_ONCE) {
    const found = await Promise.all(wanted.slice(at, at + BLOCKS_AT_ONCE).map((block) => blockAt(client, block)))
    for (const block of found)
      if (block && block.hash === hashes.get(block.block)) times.set(block.block, block.timestamp)
  }
  return times.size === wanted.length ? times : undefined
}
