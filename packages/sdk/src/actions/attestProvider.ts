import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type AttestProviderParameters = {
  provider: bigint
  /** Result of the audit, at most 10,000. */
  resultBps: number
  /** Hash of the audit's report. */
  evidence: Hex
  /** When it no longer counts, Unix seconds. */
  expiry: number
}
export type AttestProviderReturnType = { transaction: Hex }

/**
 * States the result of a security audit of a provider, as an auditor that governance named.
 *
 * @throws {ContractError} `NotAuditor`, `InvalidBps`
 *
 * @example
 * await attestProvider(auditorMarket, { provider: 1n, resultBps: 9_500, evidence, expiry })
 */
export async function attestProvider(
  client: MarketClient,
  { provider, resultBps, evidence, expiry }: AttestProviderParameters,
): Promise<AttestProviderReturnType> {
  const { transactionHash } = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({
      abi: eraReportsAbi,
      functionName: 'attest',
      args: [provider, resultBps, evidence, expiry],
    }),
  })
  return { transaction: transactionHash }
}
