import { type BatchHeader, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignBatchHeaderParameters = { header: BatchHeader }
export type SignBatchHeaderReturnType = { header: BatchHeader; signature: Hex }

/**
 * Signs with the client's account, a monitor, what it saw in an era. One digest per era, ever: a second is slashed.
 *
 * @example
 * const signed = await signBatchHeader(market, { header: { reports, era: 3n, monitor, digest } })
 */
export async function signBatchHeader(
  client: MarketClient,
  { header }: SignBatchHeaderParameters,
): Promise<SignBatchHeaderReturnType> {
  const signature = await accountOf(client).signTypedData(typedData(domainOf(client), 'BatchHeader', header))
  return { header, signature }
}
