import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'

export type ExpireDisputeParameters = { dispute: bigint }
export type ExpireDisputeReturnType = {
  transaction: Hex
  /** The bond, to the opener, stake tokens. */
  returned: bigint
}

/**
 * Gives a dispute's bond back that nobody recounted in time. By anyone.
 *
 * @throws {ContractError} `UnknownDispute`, `DisputeOpen`
 *
 * @example
 * const { returned } = await expireDispute(market, { dispute: 1n })
 */
export async function expireDispute(
  client: MarketClient,
  { dispute }: ExpireDisputeParameters,
): Promise<ExpireDisputeReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'expireDispute', args: [dispute] }),
  })
  const events = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'DisputeResolved' })
  return { transaction: receipt.transactionHash, returned: first(events, 'DisputeResolved').args.returned }
}
