import { eraReportsAbi } from '@tender/abi'
import { type Address, encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import type { Proven } from '../internal/proven.ts'
import { send } from '../internal/send.ts'

export type ApplyCreditParameters = {
  lease: Hex
  proven: Proven<{
    provider: bigint
    tenant: Address
    /** Stake tokens, smallest units. */
    amount: bigint
  }>
}
export type ApplyCreditReturnType = {
  transaction: Hex
  /** Now, from the provider's pool for the tenant, stake tokens: at most what the pool holds. */
  taken: bigint
}

/**
 * Takes from a provider's stake what it owes a lease's tenant by a report, beyond what was taken before. By anyone.
 *
 * @throws {ContractError} `NotEffective`, `NoLeaf`
 *
 * @example
 * const { taken } = await applyCredit(market, { lease, proven: { era: 3n, provider: 1n, tenant, amount, proof } })
 */
export async function applyCredit(
  client: MarketClient,
  { lease, proven }: ApplyCreditParameters,
): Promise<ApplyCreditReturnType> {
  const { era, provider, tenant, amount, proof } = proven
  const receipt = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({
      abi: eraReportsAbi,
      functionName: 'applyCredit',
      args: [era, lease, provider, tenant, amount, proof],
    }),
  })
  const [event] = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'CreditApplied' })
  return { transaction: receipt.transactionHash, taken: event?.args.taken ?? 0n }
}
