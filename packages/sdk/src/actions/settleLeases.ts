import { leaseEscrowAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'
import { resolved, type Settlement, settlements } from '../internal/settlements.ts'

export type SettleLeasesParameters = {
  /** Leases that are settled by time, best sorted by payout and asset. */
  leases: readonly LeaseReference[]
}
export type SettleLeasesReturnType = {
  transaction: Hex
  /** Leases with nothing to pay are not in it. */
  settlements: Settlement[]
  /** Leases whose last second is settled: the rest went back to their tenants. */
  resolved: Hex[]
}

/**
 * Pays unmonitored leases for the time up to now. By each provider's operator or payout.
 *
 * @throws {ContractError} `NotByTime`, `NotProvider`, `AlreadyResolved`
 *
 * @example
 * const { settlements } = await settleLeases(market, { leases: [terms] })
 * // [{ leaseId: '0x5c…', secondsPaid: 120, paid: 666n, fee: 0n }]
 */
export async function settleLeases(
  client: MarketClient,
  { leases }: SettleLeasesParameters,
): Promise<SettleLeasesReturnType> {
  const terms = await Promise.all(leases.map((lease) => termsOf(client, lease)))
  const receipt = await send(client, {
    to: client.book.contracts.leaseEscrow,
    data: encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'settleByTime', args: [terms] }),
  })
  const { logs, transactionHash } = receipt
  return { transaction: transactionHash, settlements: settlements(logs), resolved: resolved(logs) }
}
