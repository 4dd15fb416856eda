import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import type { Proven } from '../internal/proven.ts'
import { send } from '../internal/send.ts'

export type ResolveDisputeParameters = {
  dispute: bigint
  proven: Proven<{
    /** The recount changed the figures. */
    upheld: boolean
  }>
}
export type ResolveDisputeReturnType = {
  transaction: Hex
  /** Of the bond, to the opener, stake tokens. */
  returned: bigint
}

/**
 * Ends a dispute as a report says. By anyone.
 *
 * @throws {ContractError} `UnknownDispute`, `NotEffective`, `NoLeaf`
 *
 * @example
 * const { returned } = await resolveDispute(market, { dispute: 1n, proven: { era: 4n, upheld: true, proof } })
 */
export async function resolveDispute(
  client: MarketClient,
  { dispute, proven: { era, upheld, proof } }: ResolveDisputeParameters,
): Promise<ResolveDisputeReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({
      abi: eraReportsAbi,
      functionName: 'resolveDispute',
      args: [dispute, upheld, era, proof],
    }),
  })
  const events = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'DisputeResolved' })
  return { transaction: receipt.transactionHash, returned: first(events, 'DisputeResolved').args.returned }
}
