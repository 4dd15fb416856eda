import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type VetoReportParameters = { era: bigint }
export type VetoReportReturnType = { transaction: Hex }

/**
 * Voids a pending report, as the market's governor: its era is reported anew.
 *
 * @throws {ContractError} `NotPending`, `VetoesSpent`, `AccessManagedUnauthorized`
 *
 * @example
 * await vetoReport(governorMarket, { era: 3n })
 */
export async function vetoReport(client: MarketClient, { era }: VetoReportParameters): Promise<VetoReportReturnType> {
  const { transactionHash } = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'veto', args: [era] }),
  })
  return { transaction: transactionHash }
}
