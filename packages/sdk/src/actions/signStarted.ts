import { type Started, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignStartedParameters = { started: Started }
export type SignStartedReturnType = { started: Started; signature: Hex }

/**
 * Signs with the client's account, the provider's operator, when a lease's workload started.
 *
 * @example
 * const signed = await signStarted(market, { started: { lease: leaseId, at: timestamp, inputs: zeroHash } })
 */
export async function signStarted(
  client: MarketClient,
  { started }: SignStartedParameters,
): Promise<SignStartedReturnType> {
  const signature = await accountOf(client).signTypedData(typedData(domainOf(client), 'Started', started))
  return { started, signature }
}
