import { stakeTokenAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { send } from '../internal/send.ts'

export type SendStakeTokensParameters = {
  to: Address
  /** Smallest units. */
  amount: bigint
}
export type SendStakeTokensReturnType = { transaction: Hex }

/**
 * Sends stake tokens from the client's account's wallet.
 *
 * @throws {ContractError} `ERC20InsufficientBalance`
 *
 * @example
 * await sendStakeTokens(holderMarket, { to: owner, amount: parseUnits('1000', 18) })
 */
export async function sendStakeTokens(
  client: MarketClient,
  { to, amount }: SendStakeTokensParameters,
): Promise<SendStakeTokensReturnType> {
  const data = encodeFunctionData({ abi: stakeTokenAbi, functionName: 'transfer', args: [to, amount] })
  return { transaction: (await send(client, { to: client.book.contracts.stakeToken, data })).transactionHash }
}
