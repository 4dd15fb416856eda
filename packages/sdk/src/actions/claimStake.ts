import { stakingAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { accountOf, send } from '../internal/send.ts'

export type ClaimStakeParameters = {
  /** @default the client's account */
  to?: Address | undefined
}
export type ClaimStakeReturnType = {
  transaction: Hex
  /** Stake tokens, smallest units. */
  amount: bigint
}

/**
 * Collects what commission earned the client's account.
 *
 * @throws {ContractError} `ZeroAmount`
 *
 * @example
 * const { amount } = await claimStake(market)
 */
export async function claimStake(
  client: MarketClient,
  { to = accountOf(client).address }: ClaimStakeParameters = {},
): Promise<ClaimStakeReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.staking,
    data: encodeFunctionData({ abi: stakingAbi, functionName: 'claim', args: [to] }),
  })
  const events = parseEventLogs({ abi: stakingAbi, logs: receipt.logs, eventName: 'Claimed' })
  return { transaction: receipt.transactionHash, amount: first(events, 'Claimed').args.amount }
}
