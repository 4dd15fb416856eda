import { leaseEscrowAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { approve } from '../internal/approve.ts'
import { first } from '../internal/first.ts'
import { accountOf, send } from '../internal/send.ts'

export type DepositParameters = {
  asset: Address
  /** Smallest units. */
  amount: bigint
  /** Whose balance grows. @default the client's account */
  beneficiary?: Address | undefined
}
export type DepositReturnType = { transaction: Hex; received: bigint }

/**
 * Moves tokens from the client's account into escrow, approving them first if need be.
 *
 * @throws {ContractError} `AssetNotAllowed`, `ERC20InsufficientBalance`
 *
 * @example
 * const { received } = await deposit(market, { asset, amount: 25_000_000n })
 * // 25000000n  (25 USDC)
 */
export async function deposit(
  client: MarketClient,
  { asset, amount, beneficiary = accountOf(client).address }: DepositParameters,
): Promise<DepositReturnType> {
  const { leaseEscrow } = client.book.contracts
  await approve(client, { token: asset, spender: leaseEscrow, amount })
  const receipt = await send(client, {
    to: leaseEscrow,
    data: encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'deposit', args: [beneficiary, asset, amount] }),
  })
  const events = parseEventLogs({ abi: leaseEscrowAbi, logs: receipt.logs, eventName: 'Deposited' })
  return { transaction: receipt.transactionHash, received: first(events, 'Deposited').args.amount }
}
