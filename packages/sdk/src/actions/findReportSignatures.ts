import { eraReportsAbi } from '@tender/abi'
import { decodeFunctionData, type Hex, isAddressEqual } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import type { MonitorSignature } from '../internal/signers.ts'

export type FindReportSignaturesParameters = {
  /** That posted a report. */
  transaction: Hex
}
/** Empty where another contract passed them on. */
export type FindReportSignaturesReturnType = MonitorSignature[]

/**
 * The signatures that a report was posted with, as they stand in the transaction's data.
 *
 * @example
 * const signatures = await findReportSignatures(market, { transaction: report.transaction })
 */
export async function findReportSignatures(
  client: MarketClient,
  { transaction: hash }: FindReportSignaturesParameters,
): Promise<FindReportSignaturesReturnType> {
  const { to, input } = await translated(client, client.rpc.getTransaction({ hash }))
  if (to === null || !isAddressEqual(to, client.book.contracts.eraReports)) return []
  const { functionName, args } = decodeFunctionData({ abi: eraReportsAbi, data: input })
  if (functionName !== 'postReport') return []
  const [, signers, signatures] = args
  return signers.flatMap((index, at) => {
    const signature = signatures[at]
    return signature === undefined ? [] : [{ index, signature }]
  })
}
