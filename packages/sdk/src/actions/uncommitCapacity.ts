import { capacityRegistryAbi } from '@tender/abi'
import { resourceId } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'

export type UncommitCapacityParameters = {
  provider: bigint
  /** Resource class, e.g. `cu`. */
  resource: string
  /** Units to take back. */
  units: number
}
export type UncommitCapacityReturnType = {
  transaction: Hex
  /** Units that are left. */
  committed: number
}

/**
 * Takes units that are not leased off the market and unlocks their stake. Owner or operator.
 *
 * @throws {ContractError} `UnitsLeased`, `NotOwnerOrOperator`
 *
 * @example
 * await uncommitCapacity(market, { provider: 1n, resource: 'cu', units: 4 })
 */
export async function uncommitCapacity(
  client: MarketClient,
  { provider, resource, units }: UncommitCapacityParameters,
): Promise<UncommitCapacityReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.capacityRegistry,
    data: encodeFunctionData({
      abi: capacityRegistryAbi,
      functionName: 'uncommit',
      args: [provider, resourceId(resource), units],
    }),
  })
  const events = parseEventLogs({ abi: capacityRegistryAbi, logs: receipt.logs, eventName: 'Committed' })
  return { transaction: receipt.transactionHash, committed: first(events, 'Committed').args.committed }
}
