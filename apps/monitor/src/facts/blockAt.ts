import { TenderError } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import type { Hex } from 'viem'

export type ChainBlock = { number: bigint; hash: Hex; timestamp: number }

/** A block of the chain as it is now. @throws {TenderError} `blockMissing` if it is not there, or not any more */
export async function readBlock({ rpc }: Pick<MarketClient, 'rpc'>, number: bigint): Promise<ChainBlock> {
  try {
    const { hash, timestamp } = await rpc.getBlock({ blockNumber: number })
    return { number, hash, timestamp: Number(timestamp) }
  } catch (cause) {
    throw new TenderError(`block ${number} cannot be read`, { code: 'blockMissing', class: 'network', cause })
  }
}

/**
 * The last block that is not after `timestamp`; `undefined` while a later one could still be that: until the chain has a block
 * after it. Found by halving, so it asks for as many blocks as the chain's length has binary digits.
 */
export async function blockAt(
  client: Pick<MarketClient, 'rpc' | 'book'>,
  timestamp: number,
  head: ChainBlock,
): Promise<ChainBlock | undefined> {
  if (head.timestamp <= timestamp) return undefined
  let low = await readBlock(client, BigInt(client.book.deployBlock))
  let above = head.number
  while (above - low.number > 1n) {
    const middle = await readBlock(client, low.number + (above - low.number) / 2n)
    if (middle.timestamp <= timestamp) low = middle
    else above = middle.number
  }
  return low
}
