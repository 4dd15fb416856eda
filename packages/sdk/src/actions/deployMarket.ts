import type { Tier } from '@tender/protocol'
import type { Address } from 'viem'
import type { AddressBook } from '../addressBook.ts'
import type { ChainClient } from '../createMarketClient.ts'

export type DeployMarketParameters = {
  /** Sets parameters later, within bounds. @default the client's account */
  governor?: Address | undefined
  /** The only one that may mint stake tokens. @default the client's account */
  stakeMinter?: Address | undefined
  /** Whose escrow balance grows by the fee. @default the client's account */
  rewardWallet?: Address | undefined
  /** Resource classes and the stake that each unit needs, stake tokens' smallest units. */
  resources: readonly { resource: string; stakePerUnit: bigint }[]
  /** Tokens to take, beside or instead of the test dollar. */
  assets?: readonly Address[] | undefined
  /** Deploys a 6-decimal dollar that anyone may mint, as the default asset. For test networks. @default false */
  testDollar?: boolean | undefined
  /** At most 200. @default 0 */
  feeBps?: number | undefined
  /** The share of its stake that a provider loses by abandoning a lease, by tier. @default the contract's own */
  penaltyBps?: Partial<Record<Tier, number>> | undefined
  /** Rules of ordering. @default the contract's own */
  policy?:
    | {
        maxAuctionSeconds: number
        startWindowSeconds: number
        tenantStake: bigint
        /** How much of its price a provider's rank forgives, by trust level 1 to 5. */
        advantageBps: readonly [number, number, number, number, number]
      }
    | undefined
  /** How long stake stays after `unstake`. @default 7 days */
  unbondingDelaySeconds?: number | undefined
  /** So long after a lease's stop anyone may give the tenant what nobody claimed. @default 7 days */
  finalGraceSeconds?: number | undefined
}
export type DeployMarketReturnType = AddressBook

/** Deploys a market. */
export declare function deployMarket(
  client: ChainClient,
  parameters: DeployMarketParameters,
): Promise<DeployMarketReturnType>
