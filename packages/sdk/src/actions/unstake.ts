import { stakingAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { type PoolReference, poolOf } from '../internal/poolOf.ts'
import { send } from '../internal/send.ts'

export type UnstakeParameters = PoolReference & { shares: bigint }
export type UnstakeReturnType = {
  transaction: Hex
  /** To be given to `withdrawStake`. */
  request: bigint
  /** Unix seconds. */
  availableAt: number
}

/**
 * Starts to take stake out of a provider's or a monitor's pool. It stays slashable until it is withdrawn.
 *
 * @throws {ContractError} `InsufficientShares`, `InsufficientStake`
 *
 * @example
 * const { request, availableAt } = await unstake(market, { provider: 1n, shares })
 */
export async function unstake(
  client: MarketClient,
  { shares, ...pool }: UnstakeParameters,
): Promise<UnstakeReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.staking,
    data: encodeFunctionData({ abi: stakingAbi, functionName: 'unstake', args: [poolOf(pool), shares] }),
  })
  const events = parseEventLogs({ abi: stakingAbi, logs: receipt.logs, eventName: 'UnstakeRequested' })
  const { request, availableAt } = first(events, 'UnstakeRequested').args
  return { transaction: receipt.transactionHash, request, availableAt }
}
