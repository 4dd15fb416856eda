import { capacityRegistryAbi } from '@tender/abi'
import { resourceId } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'

export type CommitCapacityParameters = {
  provider: bigint
  /** Resource class, e.g. `cu`. */
  resource: string
  /** Units to add; 0 only prolongs. */
  units: number
  /** No lease ends after this, Unix seconds. Never moves back while anything is committed. */
  until: number
}
export type CommitCapacityReturnType = {
  transaction: Hex
  /** Units, all in all. */
  committed: number
  /** Stake tokens locked per unit, smallest units. */
  stakePerUnit: bigint
  until: number
}

/**
 * Offers resource units to the market and locks stake for them. Owner or operator.
 *
 * @throws {ContractError} `ResourceNotListed`, `InsufficientStake`, `UntilTooEarly`, `NotOwnerOrOperator`
 *
 * @example
 * const { committed } = await commitCapacity(market, { provider: 1n, resource: 'cu', units: 8, until: timestamp + 86_400 })
 */
export async function commitCapacity(
  client: MarketClient,
  { provider, resource, units, until }: CommitCapacityParameters,
): Promise<CommitCapacityReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.capacityRegistry,
    data: encodeFunctionData({
      abi: capacityRegistryAbi,
      functionName: 'commit',
      args: [provider, resourceId(resource), units, until],
    }),
  })
  const events = parseEventLogs({ abi: capacityRegistryAbi, logs: receipt.logs, eventName: 'Committed' })
  const { committed, stakePerUnit, until: last } = first(events, 'Committed').args
  return { transaction: receipt.transactionHash, committed, stakePerUnit, until: last }
}
