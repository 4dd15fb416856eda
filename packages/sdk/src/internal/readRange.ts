import { BlockNotFoundError } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { RpcRejectedError } from '../errors/chainErrors.ts'
import { translated } from '../errors/translated.ts'
import { contractsOf, type MarketCursor, type MarketEvent, toEvents } from './marketEvents.ts'

/** What of a block tells whether it is another one. */
export type BlockRef = MarketCursor & {
  parentHash: MarketCursor['hash']
  /** Unix seconds. */
  timestamp: number
}

export type EventRange = { events: MarketEvent[]; last: BlockRef }

/** The newest block. */
export async function newestBlock(client: MarketClient): Promise<BlockRef> {
  const { number, hash, parentHash, timestamp } = await translated(client, client.rpc.getBlock({ blockTag: 'latest' }))
  return { block: Number(number), hash, parentHash, timestamp: Number(timestamp) }
}

/** @returns `undefined` if the chain has no such block */
export async function blockAt(client: MarketClient, block: number): Promise<BlockRef | undefined> {
  try {
    const { hash, parentHash, timestamp } = await client.rpc.getBlock({ blockNumber: BigInt(block) })
    return { block, hash, parentHash, timestamp: Number(timestamp) }
  } catch (error) {
    if (error instanceof BlockNotFoundError) return undefined
    return translated(client, Promise.reject(error))
  }
}

/**
 * Reads what happened in one block, by its hash, so that no other one can be meant.
 *
 * @returns `undefined` if the endpoint refuses: the block is gone, or it is asked of another host behind the same name that lags
 */
export async function readBlockEvents(client: MarketClient, { hash }: BlockRef): Promise<MarketEvent[] | undefined> {
  const logs = client.rpc.getLogs({ address: contractsOf(client), blockHash: hash })
  try {
    return toEvents(await translated(client, logs))
  } catch (error) {
    if (error instanceof RpcRejectedError) return undefined
    throw error
  }
}

/** Reads what happened in some blocks. @returns `undefined` if the chain moved meanwhile, or is not that long */
export async function readRange(client: MarketClient, from: number, to: number): Promise<EventRange | undefined> {
  const before = await blockAt(client, to)
  const logs = await translated(
    client,
    client.rpc.getLogs({ address: contractsOf(client), fromBlock: BigInt(from), toBlock: BigInt(to) }),
  )
  // The same block before and after means that all between was read from one chain: the one that leads to it.
  const after = await blockAt(client, to)
  if (!before || after?.hash !== before.hash) return undefined
  return { events: toEvents(logs), last: before }
}
