import { leaseEscrowAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'
import { resolved, type Settlement, settlements } from '../internal/settlements.ts'

export type SettleServedLeasesParameters = {
  era: bigint
  /** In the order of the multiproof's leaves. `served`: seconds since the lease's start. */
  leases: readonly { lease: LeaseReference; served: number }[]
  /** Multiproof of all their leaves, as `buildTree` makes it. */
  proof: readonly Hex[]
  flags: readonly boolean[]
}
export type SettleServedLeasesReturnType = {
  transaction: Hex
  /** Leases with nothing to pay are not in it. */
  settlements: Settlement[]
  /** Leases whose stop the report covers: the rest went back to their tenants. */
  resolved: Hex[]
}

/**
 * Pays several monitored leases what one report proves that they served. By anyone. Leases that were resolved or went over to
 * settlement by time meanwhile are passed over.
 *
 * @throws {ContractError} `VerifierDiffers`, `NotEffective`, `NoLeaf`
 *
 * @example
 * const { settlements } = await settleServedLeases(market, { era: 3n, leases: [{ lease: terms, served }], proof, flags })
 */
export async function settleServedLeases(
  client: MarketClient,
  { era, leases, proof, flags }: SettleServedLeasesParameters,
): Promise<SettleServedLeasesReturnType> {
  const terms = await Promise.all(leases.map(({ lease }) => termsOf(client, lease)))
  const served = leases.map((lease) => lease.served)
  const { logs, transactionHash } = await send(client, {
    to: client.book.contracts.leaseEscrow,
    data: encodeFunctionData({
      abi: leaseEscrowAbi,
      functionName: 'settleMany',
      args: [terms, era, served, proof, flags],
    }),
  })
  return { transaction: transactionHash, settlements: settlements(logs), resolved: resolved(logs) }
}
