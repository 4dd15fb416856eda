import { type ChallengeAnswer, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignChallengeAnswerParameters = { answer: ChallengeAnswer }
export type SignChallengeAnswerReturnType = { answer: ChallengeAnswer; signature: Hex }

/**
 * Signs with the client's account, the provider's operator, the answer to a monitor's challenge.
 *
 * @example
 * const signed = await signChallengeAnswer(market, { answer: { lease: leaseId, nonce, at: timestamp, running: true, url: 'http://web.example/' } })
 */
export async function signChallengeAnswer(
  client: MarketClient,
  { answer }: SignChallengeAnswerParameters,
): Promise<SignChallengeAnswerReturnType> {
  const signature = await accountOf(client).signTypedData(typedData(domainOf(client), 'ChallengeAnswer', answer))
  return { answer, signature }
}
