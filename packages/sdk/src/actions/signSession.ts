import { type Session, typedData } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { domainOf } from '../internal/domainOf.ts'
import { accountOf } from '../internal/send.ts'

export type SignSessionParameters = { session: Session }

/** A session as providers are shown it. */
export type SignSessionReturnType = { session: Session; signature: Hex }

/**
 * Signs, as the tenant, that another agent may speak for its leases: the newest session counts, and what earlier agents may is
 * over. It moves no money.
 *
 * @example
 * const signed = await signSession(market, { session: { tenant, agent, scopes: 15, issuedAt, expiry } })
 */
export async function signSession(
  client: MarketClient,
  { session }: SignSessionParameters,
): Promise<SignSessionReturnType> {
  return { session, signature: await accountOf(client).signTypedData(typedData(domainOf(client), 'Session', session)) }
}
