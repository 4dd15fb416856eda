import { eraReportsAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type SetAuditorParameters = {
  auditor: Address
  /** Whether its attestations count from now on. */
  named: boolean
}
export type SetAuditorReturnType = { transaction: Hex }

/**
 * Names an auditor, or takes the name back, as the market's governor.
 *
 * @throws {ContractError} `AccessManagedUnauthorized`
 *
 * @example
 * await setAuditor(governorMarket, { auditor, named: true })
 */
export async function setAuditor(
  client: MarketClient,
  { auditor, named }: SetAuditorParameters,
): Promise<SetAuditorReturnType> {
  const { transactionHash } = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'setAuditor', args: [auditor, named] }),
  })
  return { transaction: transactionHash }
}
