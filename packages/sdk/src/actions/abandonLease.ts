import { capacityRegistryAbi, leaseEscrowAbi } from '@tender/abi'
import { type Reason, reasonCodes } from '@tender/protocol'
import { encodeFunctionData, type Hex, parseEventLogs, zeroHash } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { ending } from '../internal/endings.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type AbandonLeaseParameters = {
  lease: LeaseReference
  /** The first two are free within the start window; the third is for interruptible leases, after their notice. */
  reason: Extract<Reason, 'abandonedNoManifest' | 'abandonedCannotRun' | 'interruptedWithNotice' | 'abandoned'>
  /** Hash of what explains it, kept off chain. @default none */
  evidence?: Hex | undefined
}
export type AbandonLeaseReturnType = {
  transaction: Hex
  /** When the lease ends, Unix seconds. */
  closedAt: number
  /** Back to the tenant now, smallest units of the lease's asset. */
  refunded: bigint
  /** Taken from the provider's stake for the tenant, stake tokens. */
  penalty: bigint
}

/**
 * Leaves a lease, as its provider. Operator or owner only.
 *
 * @throws {ContractError} `NotProvider`, `LeaseOver`, `InvalidReason`
 *
 * @example
 * await abandonLease(market, { lease: terms, reason: 'abandonedCannotRun' })
 */
export async function abandonLease(
  client: MarketClient,
  { lease, reason, evidence = zeroHash }: AbandonLeaseParameters,
): Promise<AbandonLeaseReturnType> {
  const terms = await termsOf(client, lease)
  const receipt = await send(client, {
    to: client.book.contracts.leaseEscrow,
    data: encodeFunctionData({
      abi: leaseEscrowAbi,
      functionName: 'abandon',
      args: [terms, reasonCodes[reason], evidence],
    }),
  })
  const [penalised] = parseEventLogs({ abi: capacityRegistryAbi, logs: receipt.logs, eventName: 'Penalised' })
  const penalty = penalised?.args.amount ?? 0n
  return { transaction: receipt.transactionHash, ...ending(receipt.logs), penalty }
}
