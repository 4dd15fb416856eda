import { formatAmount } from '@tender/protocol'
import {
  claimStake,
  findUnbonding,
  type GetStakeReturnType,
  getAsset,
  getChainTime,
  getStake,
  type MarketClient,
  type PoolReference,
  unstake,
  withdrawStake,
} from '@tender/sdk'
import { clockTime } from '@tender/tenant'
import type { Address, Hex } from 'viem'

/** What was done, in words and in transactions, and what can be done later. */
export type TakenStake = { did: string[]; transactions: Hex[]; next: string | undefined }

/**
 * Takes an account's stake out of a pool as far as that can be done now: asks back what nothing needs, and gets what was asked back
 * an unbonding delay ago.
 */
export async function takeStake(market: MarketClient, account: Address, pool: PoolReference): Promise<TakenStake> {
  const { stakeToken } = market.book.contracts
  const [staked, asset, { timestamp }] = await Promise.all([
    getStake(market, { ...pool, account }),
    getAsset(market, { asset: stakeToken }),
    getChainTime(market),
  ])
  const did: string[] = []
  const transactions: Hex[] = []
  const shares = freeShares(staked)
  if (shares > 0n) {
    const { transaction } = await unstake(market, { ...pool, shares })
    transactions.push(transaction)
    did.push(
      shares === staked.shares
        ? 'asked its stake back'
        : `asked ${formatAmount(staked.free, asset)} of its stake back, the rest is locked`,
    )
  }
  const paid = (amount: bigint, transaction: Hex) => {
    transactions.push(transaction)
    did.push(`got ${formatAmount(amount, asset)}`)
  }
  const unbonding = await findUnbonding(market, { account })
  for (const { request } of unbonding.filter(({ availableAt }) => availableAt <= timestamp)) {
    const { amount, transaction } = await withdrawStake(market, { request })
    paid(amount, transaction)
  }
  if (staked.claimable > 0n) {
    const { amount, transaction } = await claimStake(market)
    paid(amount, transaction)
  }
  const later = unbonding.filter(({ availableAt }) => availableAt > timestamp).map(({ availableAt }) => availableAt)
  const next = later.length === 0 ? undefined : `the rest can be had from ${clockTime(Math.min(...later))} on`
  return { did, transactions, next }
}

/** Shares that no lock needs. Of a pool that keeps locks one smallest unit stays, since shares are not worth whole ones. */
function freeShares({ shares, worth, free, locked }: GetStakeReturnType): bigint {
  if (locked === 0n || worth < free) return shares
  return free > 1n ? (shares * (free - 1n)) / worth : 0n
}
