import { eraReportsAbi } from '@tender/abi'
import type { Report } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'
import { type MonitorSignature, signersOf } from '../internal/signers.ts'

export type PostReportParameters = {
  report: Report
  /** Of more than two thirds of the weight, in any order. */
  signatures: readonly MonitorSignature[]
}
export type PostReportReturnType = {
  transaction: Hex
  /** When it counts unless it is vetoed before, Unix seconds. */
  effectiveAt: number
}

/**
 * Posts the next era's report. By anyone who holds the signatures.
 *
 * @throws {ContractError} `WrongEra`, `WrongAttempt`, `PreviousPending`, `CoveredUntilOutOfBounds`, `QuorumMissing`,
 * `InvalidSignature`
 *
 * @example
 * const { effectiveAt } = await postReport(market, { report, signatures: [{ index: 0, signature }] })
 */
export async function postReport(
  client: MarketClient,
  { report, signatures }: PostReportParameters,
): Promise<PostReportReturnType> {
  const sorted = signersOf(signatures)
  const receipt = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({
      abi: eraReportsAbi,
      functionName: 'postReport',
      args: [report, sorted.signers, sorted.signatures],
    }),
  })
  const events = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'ReportPosted' })
  return { transaction: receipt.transactionHash, effectiveAt: first(events, 'ReportPosted').args.effectiveAt }
}
