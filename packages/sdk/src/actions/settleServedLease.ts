import { leaseEscrowAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import type { Proven } from '../internal/proven.ts'
import { send } from '../internal/send.ts'
import { resolved, type Settlement, settlements } from '../internal/settlements.ts'

export type SettleServedLeaseParameters = {
  lease: LeaseReference
  proven: Proven<{
    /** Seconds since the lease's start. */
    served: number
  }>
}
export type SettleServedLeaseReturnType = {
  transaction: Hex
  /** Absent if the leaf was already paid. */
  settlement: Settlement | undefined
  /** The report covers the lease's stop: the rest went back to the tenant. */
  resolved: boolean
}

/**
 * Pays a monitored lease what a report proves that it served. By anyone.
 *
 * @throws {ContractError} `IsByTime`, `AlreadyResolved`, `NotEffective`, `NoLeaf`
 *
 * @example
 * const { settlement } = await settleServedLease(market, { lease: terms, proven: { era: 3n, served: 3600, proof } })
 */
export async function settleServedLease(
  client: MarketClient,
  { lease, proven: { era, served, proof } }: SettleServedLeaseParameters,
): Promise<SettleServedLeaseReturnType> {
  const terms = await termsOf(client, lease)
  const { logs, transactionHash } = await send(client, {
    to: client.book.contracts.leaseEscrow,
    data: encodeFunctionData({ abi: leaseEscrowAbi, functionName: 'settle', args: [terms, { era, served }, proof] }),
  })
  return { transaction: transactionHash, settlement: settlements(logs)[0], resolved: resolved(logs).length > 0 }
}
