import { type Report, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignReportParameters = { report: Report }
export type SignReportReturnType = { report: Report; signature: Hex }

/**
 * Signs an era's report with the client's account, a monitor. One root per era, attempt and round, ever: a second is slashed.
 *
 * @example
 * const signed = await signReport(market, { report: { reports, era: 3n, attempt: 0, round: 0, root, coveredUntil, dataHash } })
 */
export async function signReport(
  client: MarketClient,
  { report }: SignReportParameters,
): Promise<SignReportReturnType> {
  const signature = await accountOf(client).signTypedData(typedData(domainOf(client), 'Report', report))
  return { report, signature }
}
