import { leaseEscrowAbi } from '@tender/abi'
import { encodeFunctionData, type Hex, parseEventLogs } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { first } from '../internal/first.ts'
import { type LeaseReference, termsOf } from '../internal/leaseReference.ts'
import { send } from '../internal/send.ts'
import type { SignedExtend } from './signExtend.ts'

export type ExtendLeaseParameters = {
  lease: LeaseReference
  /** Unix seconds, at most the terms' `latestEnd`. */
  newEnd: number
  /** The tenant's permission. Not needed if the client's account is the tenant. */
  consent?: SignedExtend | undefined
}
export type ExtendLeaseReturnType = {
  transaction: Hex
  /** Taken from the tenant's escrow balance, smallest units. */
  amount: bigint
  end: number
}

/**
 * Prolongs a running lease at its own rate.
 *
 * @throws {ContractError} `EndOutOfBounds`, `LeaseOver`, `InsufficientBalance`, `ExtendTooDear`
 *
 * @example
 * const { amount } = await extendLease(market, { lease: leaseId, newEnd: end + 3600 })
 */
export async function extendLease(
  client: MarketClient,
  { lease, newEnd, consent }: ExtendLeaseParameters,
): Promise<ExtendLeaseReturnType> {
  const terms = await termsOf(client, lease)
  const abi = leaseEscrowAbi
  const data = consent
    ? encodeFunctionData({
        abi,
        functionName: 'extendWithSignature',
        args: [terms, newEnd, consent.permission, consent.signature],
      })
    : encodeFunctionData({ abi, functionName: 'extend', args: [terms, newEnd] })
  const receipt = await send(client, { to: client.book.contracts.leaseEscrow, data })
  const { amount, end } = first(
    parseEventLogs({ abi, logs: receipt.logs, eventName: 'LeaseExtended' }),
    'LeaseExtended',
  ).args
  return { transaction: receipt.transactionHash, amount, end }
}
