import { providerRegistryAbi } from '@tender/abi'
import { encodeAbiParameters, encodeFunctionData, type Hex, parseAbiParameters, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import type { ProvenProvider } from '../internal/proven.ts'
import { send } from '../internal/send.ts'

export type UpdateTrustParameters = { provider: bigint; proven: ProvenProvider }
export type UpdateTrustReturnType = {
  transaction: Hex
  /** 0 to 10,000. */
  score: number
  /** 1 (best) to 5, before the ceiling. */
  level: number
  /** Unix seconds. */
  validUntil: number
}

/** What `EraReports.provenScore` decodes. */
const trustProof = parseAbiParameters('uint64 era, uint16 score, uint256 rewards, uint256 slashed, bytes32[] proof')

/**
 * Takes a provider's score from a report into the registry. By anyone.
 *
 * @throws {ContractError} `UnknownProvider`, `StaleTrust`, `NotEffective`, `NoLeaf`
 *
 * @example
 * const { level } = await updateTrust(market, { provider: 1n, proven: { era: 3n, score, rewards, slashed, proof } })
 */
export async function updateTrust(
  client: MarketClient,
  { provider, proven }: UpdateTrustParameters,
): Promise<UpdateTrustReturnType> {
  const { era, score, rewards, slashed, proof } = proven
  const encoded = encodeAbiParameters(trustProof, [era, score, rewards, slashed, proof])
  const receipt = await send(client, {
    to: client.book.contracts.providerRegistry,
    data: encodeFunctionData({ abi: providerRegistryAbi, functionName: 'updateTrust', args: [provider, encoded] }),
  })
  const events = parseEventLogs({ abi: providerRegistryAbi, logs: receipt.logs, eventName: 'TrustUpdated' })
  const updated = first(events, 'TrustUpdated').args
  return {
    transaction: receipt.transactionHash,
    score: updated.score,
    level: updated.level,
    validUntil: updated.validUntil,
  }
}
