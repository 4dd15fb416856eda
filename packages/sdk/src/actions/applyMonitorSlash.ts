import { eraReportsAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import type { Proven } from '../internal/proven.ts'
import { send } from '../internal/send.ts'

export type ApplyMonitorSlashParameters = {
  monitor: Address
  proven: Proven<{
    /** Stake tokens, smallest units. */
    slashed: bigint
  }>
}
export type ApplyMonitorSlashReturnType = {
  transaction: Hex
  /** Now, from the monitor's pool, stake tokens: at most what the pool holds. */
  taken: bigint
}

/**
 * Takes from a monitor's stake what a report says it lost, beyond what was taken before, and its weight with it. By anyone.
 *
 * @throws {ContractError} `NotEffective`, `NoLeaf`
 *
 * @example
 * const { taken } = await applyMonitorSlash(market, { monitor, proven: { era: 3n, slashed, proof } })
 */
export async function applyMonitorSlash(
  client: MarketClient,
  { monitor, proven: { era, slashed, proof } }: ApplyMonitorSlashParameters,
): Promise<ApplyMonitorSlashReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({
      abi: eraReportsAbi,
      functionName: 'applyMonitorSlash',
      args: [era, monitor, slashed, proof],
    }),
  })
  const [event] = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'MonitorSlashed' })
  return { transaction: receipt.transactionHash, taken: event?.args.taken ?? 0n }
}
