import { leaseEscrowAbi, testDollarAbi } from '@tender/abi'
import type { Address } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetBalanceParameters = { account: Address; asset: Address }

/** Amounts in the asset's smallest unit. */
export type Balance = {
  /** In escrow, free to lease with or to withdraw. */
  deposited: bigint
  /** In the account's own hands. */
  wallet: bigint
}
export type GetBalanceReturnType = Balance

/**
 * What an account has of one asset.
 *
 * @example
 * const { deposited, wallet } = await getBalance(market, { account: tenant, asset })
 * // 25000000n, 0n  (25 USDC in escrow)
 */
export async function getBalance(
  client: MarketClient,
  { account, asset }: GetBalanceParameters,
): Promise<GetBalanceReturnType> {
  const { leaseEscrow } = client.book.contracts
  const [deposited, wallet] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({
        address: leaseEscrow,
        abi: leaseEscrowAbi,
        functionName: 'balanceOf',
        args: [account, asset],
      }),
      client.rpc.readContract({ address: asset, abi: testDollarAbi, functionName: 'balanceOf', args: [account] }),
    ]),
  )
  return { deposited, wallet }
}
