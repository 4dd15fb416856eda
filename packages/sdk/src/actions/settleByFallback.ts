import { leaseEscrowAbi } from '@tender/abi'
import { encodeFunctionData, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import type { Proven } from '../internal/proven.ts'
import { send } from '../internal/send.ts'
import { resolved, type Settlement, settlements } from '../internal/settlements.ts'

export type SettleByFallbackParameters = {
  lease: LeaseReference
  /** From the last effective report. @default none, which is right if no report covers anything after the lease's start */
  proven?:
    | Proven<{
        /** Seconds since the lease's start. */
        served: number
      }>
    | undefined
}
export type SettleByFallbackReturnType = {
  transaction: Hex
  /** Absent if there was nothing to pay. */
  settlement: Settlement | undefined
  /** Its last second is settled: the rest went back to the tenant. */
  resolved: boolean
}

/**
 * Settles a monitored lease with the last report and then by time, from now on, because reports have failed to come. By its
 * provider's operator or payout.
 *
 * @throws {ContractError} `FallbackClosed`, `NotProvider`, `LeafNotLast`
 *
 * @example
 * const { fallbackOpen } = await getNextReport(market)
 * if (fallbackOpen) await settleByFallback(market, { lease: terms, proven: { era: 3n, served, proof } })
 */
export async function settleByFallback(
  client: MarketClient,
  { lease, proven }: SettleByFallbackParameters,
): Promise<SettleByFallbackReturnType> {
  const terms = await termsOf(client, lease)
  const { era, served, proof } = proven ?? { era: 0n, served: 0, proof: [] }
  const { logs, transactionHash } = await send(client, {
    to: client.book.contracts.leaseEscrow,
    data: encodeFunctionData({
      abi: leaseEscrowAbi,
      functionName: 'settleByFallback',
      args: [terms, { era, served }, proof],
    }),
  })
  return { transaction: transactionHash, settlement: settlements(logs)[0], resolved: resolved(logs).length > 0 }
}
