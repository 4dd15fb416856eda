import { stakingAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { approve } from '../internal/approve.ts'
import { first } from '../internal/first.ts'
import { type PoolReference, poolOf } from '../internal/poolOf.ts'
import { send } from '../internal/send.ts'

export type StakeParameters = PoolReference & {
  /** Stake tokens, smallest units. */
  amount: bigint
}
export type StakeReturnType = { transaction: Hex; shares: bigint }

/**
 * Puts the client's account's stake tokens into a provider's or a monitor's pool, approving them first if need be.
 *
 * @throws {ContractError} `ERC20InsufficientBalance`, `ZeroAmount`
 *
 * @example
 * const { shares } = await stake(market, { provider: 1n, amount: parseUnits('1000', 18) })
 * await stake(market, { monitor: account.address, amount: parseUnits('5000', 18) })
 */
export async function stake(client: MarketClient, { amount, ...pool }: StakeParameters): Promise<StakeReturnType> {
  const { staking, stakeToken } = client.book.contracts
  await approve(client, { token: stakeToken, spender: staking, amount })
  const receipt = await send(client, {
    to: staking,
    data: encodeFunctionData({ abi: stakingAbi, functionName: 'stake', args: [poolOf(pool), amount] }),
  })
  const events = parseEventLogs({ abi: stakingAbi, logs: receipt.logs, eventName: 'Staked' })
  return { transaction: receipt.transactionHash, shares: first(events, 'Staked').args.shares }
}
