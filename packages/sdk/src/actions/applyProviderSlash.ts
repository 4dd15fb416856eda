import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import type { ProvenProvider } from '../internal/proven.ts'
import { send } from '../internal/send.ts'

export type ApplyProviderSlashParameters = { provider: bigint; proven: ProvenProvider }
export type ApplyProviderSlashReturnType = {
  transaction: Hex
  /** Now, from the provider's pool, stake tokens: at most what the pool holds. */
  taken: bigint
}

/**
 * Takes from a provider's stake what a report says it lost, beyond what was taken before. By anyone.
 *
 * @throws {ContractError} `NotEffective`, `NoLeaf`
 *
 * @example
 * const { taken } = await applyProviderSlash(market, { provider: 1n, proven: { era: 3n, score, rewards, slashed, proof } })
 */
export async function applyProviderSlash(
  client: MarketClient,
  { provider, proven }: ApplyProviderSlashParameters,
): Promise<ApplyProviderSlashReturnType> {
  const { era, score, rewards, slashed, proof } = proven
  const receipt = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({
      abi: eraReportsAbi,
      functionName: 'applyProviderSlash',
      args: [era, provider, score, rewards, slashed, proof],
    }),
  })
  const [event] = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'ProviderSlashed' })
  return { transaction: receipt.transactionHash, taken: event?.args.taken ?? 0n }
}
