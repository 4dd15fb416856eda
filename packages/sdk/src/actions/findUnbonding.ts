import { stakingAbi } from '@tender/abi'
import { type Address, getAbiItem } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { allLogs } from '../internal/allLogs.ts'

export type FindUnbondingParameters = { account: Address }

/** Stake on its way out. */
export type Unbonding = {
  /** To be given to `withdrawStake`. */
  request: bigint
  /** What it is worth changes with its pool until it is withdrawn. */
  shares: bigint
  /** Unix seconds. */
  availableAt: number
}
export type FindUnbondingReturnType = Unbonding[]

const abi = stakingAbi
const events = [getAbiItem({ abi, name: 'UnstakeRequested' }), getAbiItem({ abi, name: 'Unstaked' })] as const

/**
 * Stake that an account may withdraw now or later, the oldest first: what it asked to unstake, and what providers owed it in penalties
 * and credits.
 *
 * @example
 * for (const { request, availableAt } of await findUnbonding(market, { account })) console.log(request, availableAt)
 */
export async function findUnbonding(
  client: MarketClient,
  { account }: FindUnbondingParameters,
): Promise<FindUnbondingReturnType> {
  const requests = new Map<bigint, Unbonding>()
  for (const { eventName, args } of await allLogs(client, { address: client.book.contracts.staking, events })) {
    if (args.account.toLowerCase() !== account.toLowerCase()) continue
    const { request } = args
    if (eventName === 'Unstaked') requests.delete(request)
    else requests.set(request, { request, shares: args.shares, availableAt: args.availableAt })
  }
  return [...requests.values()]
}
