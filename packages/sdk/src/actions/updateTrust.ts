import { providerRegistryAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { send } from '../internal/send.ts'

export type UpdateTrustParameters = {
  provider: bigint
  /** Proof against an effective report. @default none, as scripted reports take it */
  proof?: Hex | undefined
}
export type UpdateTrustReturnType = {
  transaction: Hex
  /** 0 to 10,000. */
  score: number
  /** 1 (best) to 5, before the ceiling. */
  level: number
  /** Unix seconds. */
  validUntil: number
}

/**
 * Takes a provider's score from the reports into the registry. By anyone.
 *
 * @throws {ContractError} `UnknownProvider`, `StaleTrust`
 *
 * @example
 * const { level } = await updateTrust(market, { provider: 1n })
 */
export async function updateTrust(
  client: MarketClient,
  { provider, proof = '0x' }: UpdateTrustParameters,
): Promise<UpdateTrustReturnType> {
  const receipt = await send(client, {
    to: client.book.contracts.providerRegistry,
    data: encodeFunctionData({ abi: providerRegistryAbi, functionName: 'updateTrust', args: [provider, proof] }),
  })
  const events = parseEventLogs({ abi: providerRegistryAbi, logs: receipt.logs, eventName: 'TrustUpdated' })
  const { score, level, validUntil } = first(events, 'TrustUpdated').args
  return { transaction: receipt.transactionHash, score, level, validUntil }
}
