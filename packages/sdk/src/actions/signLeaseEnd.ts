import { type LeaseEnd, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignLeaseEndParameters = { end: LeaseEnd }
export type SignLeaseEndReturnType = { end: LeaseEnd; signature: Hex }

/**
 * Signs with the client's account, a monitor, that a lease's provider vanished.
 *
 * @example
 * const signed = await signLeaseEnd(market, { end: { reports, lease: leaseId, endedAt, evidence } })
 */
export async function signLeaseEnd(
  client: MarketClient,
  { end }: SignLeaseEndParameters,
): Promise<SignLeaseEndReturnType> {
  const signature = await accountOf(client).signTypedData(typedData(domainOf(client), 'LeaseEnd', end))
  return { end, signature }
}
