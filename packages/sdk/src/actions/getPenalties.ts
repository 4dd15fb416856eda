import { eraReportsAbi } from '@tender/abi'
import type { Address, Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

/** A lease's credits, a provider's or a monitor's slashes. */
export type GetPenaltiesParameters = { lease: Hex } | { provider: bigint } | { monitor: Address }
export type GetPenaltiesReturnType = {
  /** Stake tokens, smallest units. */
  applied: bigint
}

/**
 * How much of what reports say was already asked of the pool of stake. A report's leaf less this is still to be applied.
 *
 * @example
 * const { applied } = await getPenalties(market, { lease: leaseId })
 * if (amount > applied) await applyCredit(market, { lease: leaseId, proven })
 */
export async function getPenalties(
  client: MarketClient,
  parameters: GetPenaltiesParameters,
): Promise<GetPenaltiesReturnType> {
  return { applied: await translated(client, read(client, parameters)) }
}

function read(client: MarketClient, parameters: GetPenaltiesParameters): Promise<bigint> {
  const reports = { address: client.book.contracts.eraReports, abi: eraReportsAbi } as const
  if ('lease' in parameters) {
    return client.rpc.readContract({ ...reports, functionName: 'creditedOf', args: [parameters.lease] })
  }
  if ('provider' in parameters) {
    return client.rpc.readContract({ ...reports, functionName: 'slashedOfProvider', args: [parameters.provider] })
  }
  return client.rpc.readContract({ ...reports, functionName: 'slashedOfMonitor', args: [parameters.monitor] })
}
