import { eraReportsAbi } from '@tender/abi'
import { type Address, getAbiItem, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { allLogs } from '../internal/allLogs.ts'

export type FindReportsParameters = {
  /** Only this era's. */
  era?: bigint | undefined
}

/** A report as it was posted. */
export type PostedReport = {
  era: bigint
  attempt: number
  round: number
  root: Hex
  /** Unix seconds, exclusive. */
  coveredUntil: number
  /** Of the data set that the root can be rebuilt from. */
  dataHash: Hex
  /** When it came, or comes, to count, Unix seconds. Never if it was vetoed. */
  effectiveAt: number
  vetoed: boolean
  /** Keys of the monitors that signed it. */
  signers: Address[]
  transaction: Hex
  block: number
}
export type FindReportsReturnType = PostedReport[]

const abi = eraReportsAbi
const events = [
  getAbiItem({ abi, name: 'MonitorJoined' }),
  getAbiItem({ abi, name: 'ReportPosted' }),
  getAbiItem({ abi, name: 'ReportVetoed' }),
] as const

/**
 * Reports that were ever posted, the oldest first, from the chain's logs. A vetoed one is followed by the next attempt.
 *
 * @example
 * const [latest] = (await findReports(market, { era: 3n })).filter(({ vetoed }) => !vetoed)
 */
export async function findReports(
  client: MarketClient,
  { era }: FindReportsParameters = {},
): Promise<FindReportsReturnType> {
  // An index is given anew once its monitor has left: the latest to join under it before the report is who signed.
  const keys = new Map<number, Address>()
  const reports: PostedReport[] = []
  for (const log of await allLogs(client, { address: client.book.contracts.eraReports, events })) {
    const { eventName, args } = log
    if (eventName === 'MonitorJoined') keys.set(args.index, args.key)
    if (eventName === 'ReportPosted') {
      const { signers, ...report } = args
      const signed = [...keys].filter(([index]) => (signers >> BigInt(index)) & 1n).map(([, key]) => key)
      const place = { transaction: log.transactionHash, block: Number(log.blockNumber) }
      reports.push({ ...report, vetoed: false, signers: signed, ...place })
    }
    if (eventName === 'ReportVetoed') {
      const vetoed = reports.findLast((report) => report.era === args.era && report.attempt === args.attempt)
      if (vetoed) vetoed.vetoed = true
    }
  }
  return reports.filter((report) => era === undefined || report.era === era)
}
