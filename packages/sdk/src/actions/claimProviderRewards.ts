import { rewardsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import type { ProvenProvider } from '../internal/proven.ts'
import { send } from '../internal/send.ts'

export type ClaimProviderRewardsParameters = { provider: bigint; proven: ProvenProvider }
export type ClaimProviderRewardsReturnType = {
  transaction: Hex
  /** New stake tokens in the provider's pool, smallest units; 0 if all was claimed before. */
  paid: bigint
}

/**
 * Mints into a provider's pool what a report awards it beyond what was claimed before. By anyone.
 *
 * @throws {ContractError} `NotEffective`, `NoLeaf`, `BudgetSpent`
 *
 * @example
 * const { paid } = await claimProviderRewards(market, { provider: 1n, proven: { era: 3n, score, rewards, slashed, proof } })
 */
export async function claimProviderRewards(
  client: MarketClient,
  { provider, proven }: ClaimProviderRewardsParameters,
): Promise<ClaimProviderRewardsReturnType> {
  const { era, score, rewards, slashed, proof } = proven
  const receipt = await send(client, {
    to: client.book.contracts.rewards,
    data: encodeFunctionData({
      abi: rewardsAbi,
      functionName: 'claimProvider',
      args: [era, provider, score, rewards, slashed, proof],
    }),
  })
  const [event] = parseEventLogs({ abi: rewardsAbi, logs: receipt.logs, eventName: 'ProviderPaid' })
  return { transaction: receipt.transactionHash, paid: event?.args.amount ?? 0n }
}
