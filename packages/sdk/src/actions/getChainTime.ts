import type { ChainClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetChainTimeReturnType = {
  block: number
  /** Of the latest block, Unix seconds. Contracts see at least this. */
  timestamp: number
}

/**
 * What time it is on the chain.
 *
 * @example
 * const { timestamp } = await getChainTime(market)
 * // 1795234567
 */
export async function getChainTime(client: ChainClient): Promise<GetChainTimeReturnType> {
  const block = await translated(client, client.rpc.getBlock({ blockTag: 'latest' }))
  return { block: Number(block.number), timestamp: Number(block.timestamp) }
}
