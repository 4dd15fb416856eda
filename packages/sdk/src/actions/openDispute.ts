import { eraReportsAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { approve } from '../internal/approve.ts'
import { first } from '../internal/first.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'

export type OpenDisputeParameters = {
  lease: LeaseReference
  /** Whose figures are to be recounted. */
  era: bigint
  /** Hash of what the opener shows the monitors. */
  evidence: Hex
}
export type OpenDisputeReturnType = {
  transaction: Hex
  dispute: bigint
  /** Stake tokens, smallest units: back only if the recount changes the figures, or nobody recounts. */
  bond: bigint
}

/**
 * Asks the monitors to recount a lease and an era, for a bond of stake tokens that is approved first if need be. As the lease's
 * tenant, or its provider's owner or operator.
 *
 * @throws {ContractError} `NotParty`, `UnknownLease`, `NotEffective`, `ERC20InsufficientBalance`
 *
 * @example
 * const { dispute, bond } = await openDispute(market, { lease: leaseId, era: 3n, evidence })
 */
export async function openDispute(
  client: MarketClient,
  { lease, era, evidence }: OpenDisputeParameters,
): Promise<OpenDisputeReturnType> {
  const { eraReports, stakeToken } = client.book.contracts
  const terms = await termsOf(client, lease)
  const reports = { address: eraReports, abi: eraReportsAbi } as const
  const policy = await translated(client, client.rpc.readContract({ ...reports, functionName: 'policy' }))
  await approve(client, { token: stakeToken, spender: eraReports, amount: policy.disputeBond })
  const receipt = await send(client, {
    to: eraReports,
    data: encodeFunctionData({ abi: eraReportsAbi, functionName: 'openDispute', args: [terms, era, evidence] }),
  })
  const events = parseEventLogs({ abi: eraReportsAbi, logs: receipt.logs, eventName: 'DisputeOpened' })
  const { dispute, bond } = first(events, 'DisputeOpened').args
  return { transaction: receipt.transactionHash, dispute, bond }
}
