import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type UnlockMonitorParameters = {
  /** As `getMonitors` tells it. */
  index: number
}
export type UnlockMonitorReturnType = { transaction: Hex }

/**
 * Unlocks the stake of a monitor that no longer counts, and takes a monitor that left off the list. By anyone.
 *
 * @throws {ContractError} `UnknownMonitor`, `StillCounted`
 *
 * @example
 * await setMonitorWeight(market, { weight: 0 })
 * // an era later
 * await unlockMonitor(market, { index })
 */
export async function unlockMonitor(
  client: MarketClient,
  { index }: UnlockMonitorParameters,
): Promise<UnlockMonitorReturnType> {
  const { transactionHash } = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'unlock', args: [index] }),
  })
  return { transaction: transactionHash }
}
