import { stakingAbi } from '@tender/abi'
import type { Address } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { type PoolReference, poolOf } from '../internal/poolOf.ts'

export type GetStakeParameters = PoolReference & { account: Address }

/** Amounts in the stake token's smallest unit. */
export type GetStakeReturnType = {
  /** The pool's stake without what is on its way out. */
  bonded: bigint
  /** What committed capacity or duty as a monitor needs; may exceed `bonded` after a slash. */
  locked: bigint
  /** What could still be locked. */
  free: bigint
  /** The account's bonded shares. */
  shares: bigint
  /** What they are worth now. */
  worth: bigint
  /** What `claimStake` would pay the account. */
  claimable: bigint
}

/**
 * A provider's or a monitor's pool of stake, and the account's part in it.
 *
 * @example
 * const { free } = await getStake(market, { provider: 1n, account: owner })
 */
export async function getStake(
  client: MarketClient,
  { account, ...reference }: GetStakeParameters,
): Promise<GetStakeReturnType> {
  const staking = { address: client.book.contracts.staking, abi: stakingAbi } as const
  const pool = poolOf(reference)
  const [{ locked }, bonded, shares, claimable] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({ ...staking, functionName: 'poolOf', args: [pool] }),
      client.rpc.readContract({ ...staking, functionName: 'bondedOf', args: [pool] }),
      client.rpc.readContract({ ...staking, functionName: 'sharesOf', args: [pool, account] }),
      client.rpc.readContract({ ...staking, functionName: 'claimable', args: [account] }),
    ]),
  )
  const worth = await translated(
    client,
    client.rpc.readContract({ ...staking, functionName: 'assetsOf', args: [pool, shares] }),
  )
  return { bonded, locked, free: bonded > locked ? bonded - locked : 0n, shares, worth, claimable }
}
