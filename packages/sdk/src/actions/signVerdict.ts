import { typedData, type Verdict } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignVerdictParameters = {
  lease: Hex
  /** The job's `commitment` now, see `getJob`. */
  seed: Hex
  passed: boolean
}
export type SignVerdictReturnType = { verdict: Verdict; signature: Hex }

/**
 * Signs with the client's account, a validator, what it found.
 *
 * @example
 * const { signature } = await signVerdict(market, { lease: leaseId, seed: job.commitment, passed: true })
 */
export async function signVerdict(
  client: MarketClient,
  parameters: SignVerdictParameters,
): Promise<SignVerdictReturnType> {
  const verdict = { jobs: client.book.contracts.jobs, ...parameters }
  const signature = await accountOf(client).signTypedData(typedData(domainOf(client), 'Verdict', verdict))
  return { verdict, signature }
}
