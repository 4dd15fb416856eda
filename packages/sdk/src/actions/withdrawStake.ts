import { stakingAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { accountOf, send } from '../internal/send.ts'

export type WithdrawStakeParameters = {
  /** From `unstake`. */
  request: bigint
  /** @default the client's account */
  to?: Address | undefined
}
export type WithdrawStakeReturnType = {
  transaction: Hex
  /** Stake tokens, smallest units: what the shares are worth by now. */
  amount: bigint
}

/**
 * Takes unbonded stake out once its delay is over.
 *
 * @throws {ContractError} `StillBonded`, `NotRequester`
 *
 * @example
 * const { amount } = await withdrawStake(market, { request })
 */
export async function withdrawStake(
  client: MarketClient,
  { request, to = accountOf(client).address }: WithdrawStakeParameters,
): Promise<WithdrawStakeReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.staking,
    data: encodeFunctionData({ abi: stakingAbi, functionName: 'withdraw', args: [request, to] }),
  })
  const events = parseEventLogs({ abi: stakingAbi, logs: receipt.logs, eventName: 'Unstaked' })
  return { transaction: receipt.transactionHash, amount: first(events, 'Unstaked').args.assets }
}
