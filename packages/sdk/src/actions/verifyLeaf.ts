import { eraReportsAbi } from '@tender/abi'
import { type Leaf, leafHash } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type VerifyLeafParameters = { era: bigint; leaf: Leaf; proof: readonly Hex[] }
export type VerifyLeafReturnType = {
  /** Of the leaf's report, Unix seconds, exclusive. */
  coveredUntil: number
}

/**
 * Makes sure that a leaf which somebody showed is in an effective report.
 *
 * @throws {ContractError} `NoLeaf`, `NotEffective`
 *
 * @example
 * const { coveredUntil } = await verifyLeaf(market, { era: 3n, leaf: { kind: 'lease', lease, served: 3600 }, proof })
 */
export async function verifyLeaf(
  client: MarketClient,
  { era, leaf, proof }: VerifyLeafParameters,
): Promise<VerifyLeafReturnType> {
  const call = client.rpc.readContract({
    address: client.book.contracts.eraReports,
    abi: eraReportsAbi,
    functionName: 'verifyLeaf',
    args: [era, leafHash(leaf), proof],
  })
  return { coveredUntil: await translated(client, call) }
}
