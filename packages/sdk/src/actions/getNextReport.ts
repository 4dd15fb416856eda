import { eraReportsAbi } from '@tender/abi'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetNextReportParameters = {
  /** As of this block. @default the latest */
  blockNumber?: bigint | undefined
}
export type GetNextReportReturnType = {
  /** Of the report that could be posted next. */
  era: bigint
  /** Raised by vetoes. */
  attempt: number
  /** Its `coveredUntil` must be later, Unix seconds. */
  after: number
  /** The last posted report's; 0n: none. It may still be pending, see `getReport`. */
  lastEra: bigint
  /** Up to when effective reports cover everything, Unix seconds; 0: there is none. */
  lastCoveredUntil: number
  /** Eras by the clock since the market was deployed: what changes of weight count from. */
  clockEra: number
  /** Reports failed to come for so long that leases may be settled by time. */
  fallbackOpen: boolean
}

/**
 * Where reporting stands.
 *
 * @example
 * const { era, attempt, after } = await getNextReport(market)
 * // 4n, 0, 1795234560
 */
export async function getNextReport(
  client: MarketClient,
  { blockNumber }: GetNextReportParameters = {},
): Promise<GetNextReportReturnType> {
  const reports = { address: client.book.contracts.eraReports, abi: eraReportsAbi, blockNumber } as const
  const [[era, attempt, after], lastEra, lastCoveredUntil, clockEra, fallbackOpen] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({ ...reports, functionName: 'nextReport' }),
      client.rpc.readContract({ ...reports, functionName: 'lastEra' }),
      client.rpc.readContract({ ...reports, functionName: 'lastCoveredUntil' }),
      client.rpc.readContract({ ...reports, functionName: 'clockEra' }),
      client.rpc.readContract({ ...reports, functionName: 'fallbackOpen' }),
    ]),
  )
  return { era, attempt, after, lastEra, lastCoveredUntil, clockEra: Number(clockEra), fallbackOpen }
}
