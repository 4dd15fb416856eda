import { eraReportsAbi } from '@tender/abi'
import type { Report } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'

export type SlashEquivocationParameters = {
  /** Two different reports of the same era, attempt and round. */
  a: { report: Report; signature: Hex }
  b: { report: Report; signature: Hex }
}
export type SlashEquivocationReturnType = {
  transaction: Hex
  /** Stake tokens, smallest units. */
  taken: bigint
}

/**
 * Shows that a monitor, or who was one, signed two reports of one round: all its locked stake is slashed, its weight is 0, and it
 * can never join again. By anyone.
 *
 * @throws {ContractError} `NotEquivocation`, `InvalidSignature`, `NotMonitor`
 *
 * @example
 * const { taken } = await slashEquivocation(market, { a: signedOne, b: signedOther })
 */
export async function slashEquivocation(
  client: MarketClient,
  { a, b }: SlashEquivocationParameters,
): Promise<SlashEquivocationReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({
      abi: eraReportsAbi,
      functionName: 'slashEquivocation',
      args: [a.report, a.signature, b.report, b.signature],
    }),
  })
  const events = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'Equivocated' })
  return { transaction: receipt.transactionHash, taken: first(events, 'Equivocated').args.slashed }
}
