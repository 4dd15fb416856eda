import { leaseEscrowAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { accountOf, send } from '../internal/send.ts'

export type WithdrawParameters = {
  asset: Address
  /** Smallest units. */
  amount: bigint
  /** Who gets the tokens. @default the client's account */
  to?: Address | undefined
}
export type WithdrawReturnType = { transaction: Hex }

/**
 * Takes tokens out of the client's account's escrow balance.
 *
 * @throws {ContractError} `InsufficientBalance`
 *
 * @example
 * await withdraw(market, { asset, amount: 10_000_000n })
 */
export async function withdraw(
  client: MarketClient,
  { asset, amount, to = accountOf(client).address }: WithdrawParameters,
): Promise<WithdrawReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.leaseEscrow,
    data: encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'withdraw', args: [asset, amount, to] }),
  })
  return { transaction: receipt.transactionHash }
}
