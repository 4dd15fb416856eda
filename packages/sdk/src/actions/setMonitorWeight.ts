import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'

export type SetMonitorWeightParameters = {
  /** Whole stake tokens; 0 leaves. */
  weight: number
}
export type SetMonitorWeightReturnType = {
  transaction: Hex
  /** What counts until `nextFrom`, whole stake tokens. */
  weight: number
  nextWeight: number
  /** Index of an era by the clock, as `getNextReport` tells it. */
  nextFrom: number
}

/**
 * Raises or lowers the weight of the client's account from the next era by the clock on. What was lowered stays locked until
 * `unlockMonitor`.
 *
 * @throws {ContractError} `NotMonitor`, `WeightTooLow`, `InsufficientStake`
 *
 * @example
 * await setMonitorWeight(market, { weight: 0 })  // leaves
 */
export async function setMonitorWeight(
  client: MarketClient,
  { weight: asked }: SetMonitorWeightParameters,
): Promise<SetMonitorWeightReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'setWeight', args: [asked] }),
  })
  const events = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'MonitorWeightChanged' })
  const { weight, nextWeight, nextFrom } = first(events, 'MonitorWeightChanged').args
  return { transaction: receipt.transactionHash, weight, nextWeight, nextFrom }
}
