import { rewardsAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import type { Proven } from '../internal/proven.ts'
import { send } from '../internal/send.ts'

export type ClaimMonitorRewardsParameters = {
  monitor: Address
  asset: Address
  proven: Proven<{
    /** Smallest units of the asset. */
    rewards: bigint
  }>
}
export type ClaimMonitorRewardsReturnType = {
  transaction: Hex
  /** To the monitor's key, smallest units of the asset; 0 if all was claimed before. */
  paid: bigint
}

/**
 * Pays a monitor its part of the market's fees by a report, beyond what was claimed before. By anyone.
 *
 * @throws {ContractError} `NotEffective`, `NoLeaf`
 *
 * @example
 * const { paid } = await claimMonitorRewards(market, { monitor, asset: dollar, proven: { era: 3n, rewards, proof } })
 */
export async function claimMonitorRewards(
  client: MarketClient,
  { monitor, asset, proven: { era, rewards, proof } }: ClaimMonitorRewardsParameters,
): Promise<ClaimMonitorRewardsReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.rewards,
    data: encodeFunctionData({
      abi: rewardsAbi,
      functionName: 'claimMonitor',
      args: [era, monitor, asset, rewards, proof],
    }),
  })
  const [event] = parseEventLogs({ abi: rewardsAbi, logs: receipt.logs, eventName: 'MonitorPaid' })
  return { transaction: receipt.transactionHash, paid: event?.args.amount ?? 0n }
}
