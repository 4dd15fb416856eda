import { eraReportsAbi } from '@tender/abi'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetReportParameters = { era: bigint }
export type GetReportReturnType =
  | {
      root: Hex
      /** Unix seconds, exclusive. */
      coveredUntil: number
      /** Unix seconds. */
      effectiveAt: number
      /** Whether it counts by now: leaves of a pending report prove nothing. */
      effective: boolean
    }
  | undefined

/**
 * What the chain keeps of an era's report; `undefined` if none was posted, or the last one was vetoed.
 *
 * @example
 * const report = await getReport(market, { era: 3n })
 * if (report?.effective) await settleServedLease(market, { lease, proven: { era: 3n, served, proof } })
 */
export async function getReport(client: MarketClient, { era }: GetReportParameters): Promise<GetReportReturnType> {
  const { timestamp, number } = await translated(client, client.rpc.getBlock({ blockTag: 'latest' }))
  const { root, coveredUntil, effectiveAt } = await translated(
    client,
    client.rpc.readContract({
      address: client.book.contracts.eraReports,
      abi: eraReportsAbi,
      functionName: 'reportOf',
      args: [era],
      blockNumber: number,
    }),
  )
  if (effectiveAt === 0) return undefined
  return { root, coveredUntil, effectiveAt, effective: timestamp >= effectiveAt }
}
