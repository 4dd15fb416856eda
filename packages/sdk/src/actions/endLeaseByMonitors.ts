import { eraReportsAbi } from '@tender/abi'
import type { LeaseEnd } from '@tender/protocol'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { ending } from '../internal/endings.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'
import { type MonitorSignature, signersOf } from '../internal/signers.ts'

export type EndLeaseByMonitorsParameters = {
  lease: LeaseReference
  end: LeaseEnd
  /** Of more than two thirds of the weight, in any order. */
  signatures: readonly MonitorSignature[]
}
export type EndLeaseByMonitorsReturnType = {
  transaction: Hex
  /** When the lease ends, Unix seconds. */
  closedAt: number
  /** Back to the tenant now, smallest units of the lease's asset. */
  refunded: bigint
}

/**
 * Ends a monitored lease whose provider vanished. By anyone who holds the signatures.
 *
 * @throws {ContractError} `QuorumMissing`, `InvalidSignature`, `NotVerifier`, `LeaseOver`, `EndOutOfBounds`
 *
 * @example
 * const { refunded } = await endLeaseByMonitors(market, { lease: terms, end, signatures })
 */
export async function endLeaseByMonitors(
  client: MarketClient,
  { lease, end, signatures }: EndLeaseByMonitorsParameters,
): Promise<EndLeaseByMonitorsReturnType> {
  const terms = await termsOf(client, lease)
  const sorted = signersOf(signatures)
  const { logs, transactionHash } = await send(client, {
    to: client.book.contracts.eraReports,
    data: encodeFunctionData({
      abi: eraReportsAbi,
      functionName: 'endLease',
      args: [terms, end, sorted.signers, sorted.signatures],
    }),
  })
  return { transaction: transactionHash, ...ending(logs) }
}
