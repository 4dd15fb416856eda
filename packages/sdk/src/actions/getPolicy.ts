import { leaseEscrowAbi, orderBookAbi, stakingAbi } from '@tender/abi'
import type { AdvantageBps } from '@tender/protocol'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetPolicyReturnType = {
  /** Longest auction on chain. */
  maxAuctionSeconds: number
  /** After a lease's start its provider may leave unpunished for so long. */
  startWindowSeconds: number
  /** Stake tokens that a tenant needs before it may order, smallest units. */
  tenantStake: bigint
  /** How much of its price a provider's rank forgives, by trust level 1 to 5. */
  advantageBps: AdvantageBps
  /** The market's part of what providers are paid. */
  feeBps: number
  /** So long after a lease's stop anyone may give the tenant what nobody claimed. */
  finalGraceSeconds: number
  /** How long stake stays after `unstake`. */
  unbondingDelaySeconds: number
}

/**
 * The market's rules as governance set them.
 *
 * @example
 * const { feeBps, advantageBps } = await getPolicy(market)
 */
export async function getPolicy(client: MarketClient): Promise<GetPolicyReturnType> {
  const { orderBook, leaseEscrow, staking } = client.book.contracts
  const escrow = { address: leaseEscrow, abi: leaseEscrowAbi } as const
  const [policy, feeBps, finalGraceSeconds, unbondingDelaySeconds] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({ address: orderBook, abi: orderBookAbi, functionName: 'policy' }),
      client.rpc.readContract({ ...escrow, functionName: 'feeBps' }),
      client.rpc.readContract({ ...escrow, functionName: 'finalGrace' }),
      client.rpc.readContract({ address: staking, abi: stakingAbi, functionName: 'unbondingDelay' }),
    ]),
  )
  return {
    maxAuctionSeconds: policy.maxAuction,
    startWindowSeconds: policy.startWindow,
    tenantStake: policy.tenantStake,
    advantageBps: policy.advantageBps,
    feeBps,
    finalGraceSeconds,
    unbondingDelaySeconds,
  }
}
