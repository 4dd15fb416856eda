import {
  marketDomain,
  messageHash,
  NotFoundError,
  type Session,
  type SessionScope,
  sessionSchema,
  sessionScopes,
  signatureSchema,
} from '@tender/protocol'
import { type Address, type Hex, isAddressEqual } from 'viem'
import { z } from 'zod'
import { DeniedError } from './errors.ts'
import type { Caller } from './market.ts'
import type { NetworkNode } from './node.ts'

/** A session with its tenant's signature. */
export type SignedSession = { session: Session; signature: Hex }

export const signedSessionSchema: z.ZodType<SignedSession> = z.strictObject({
  session: sessionSchema,
  signature: signatureSchema,
})

/** What a provider's records say of a lease it serves. */
export type LeaseRecord = {
  tenant: Address
  /** The order's agent. */
  agent: Address
  /** The order's manifest hash. */
  manifest: Hex
  /** The newest session of the tenant that this provider was shown for the lease, if any. */
  session?: Session | undefined
  /** `issuedAt` of the newest that it was shown for any lease of the tenant: an older one comes from an agent of before. */
  newestSession?: number | undefined
}

/** The provider's leases, as the stream protocols need them. */
export type LeaseBook = {
  /** `undefined` if this provider has no such lease. May ask the chain. */
  find(lease: Hex, signal: AbortSignal): Promise<LeaseRecord | undefined>
  /**
   * Records a session of a tenant, already verified, before it has an effect, for those of its leases that have no newer one.
   * `agent`: who showed it, its agent.
   */
  remember(session: SignedSession, agent: Caller, signal: AbortSignal): Promise<void>
}

/** What a caller asks for, and the session that it shows if it is not the order's agent. */
export type LeaseAccess = { lease: Hex; session?: SignedSession | undefined; scope: SessionScope }

/**
 * The lease, if `caller` may do `scope` with it: the order's agent until the tenant has named another, then the agent of the
 * session with the latest `issuedAt`.
 *
 * @throws {NotFoundError} `unknownLease`
 * @throws {DeniedError} `notAgent`, `badSession`, `sessionExpired`, `scopeMissing`
 */
export async function openLease(
  { market, view }: NetworkNode,
  book: LeaseBook,
  { lease, session: shown, scope }: LeaseAccess,
  caller: Caller,
  signal: AbortSignal,
): Promise<LeaseRecord> {
  const record = await book.find(lease, signal)
  if (!record) throw new NotFoundError(`this provider has no lease ${lease}`, { code: 'unknownLease' })

  const { session: known, newestSession = 0 } = record
  const issuedAt = shown?.session.issuedAt ?? -1
  const newer = issuedAt > (known?.issuedAt ?? -1) && issuedAt >= newestSession ? shown : undefined
  if (newer) {
    const { session, signature } = newer
    const digest = messageHash(marketDomain(market), 'Session', session)
    const signed = await view.verifySignature({ signer: record.tenant, digest, signature }, signal)
    if (!isAddressEqual(session.tenant, record.tenant) || !signed) {
      throw new DeniedError('badSession', "the session is not signed by the lease's tenant")
    }
  }
  const session = newer?.session ?? known
  if (!isAddressEqual(session?.agent ?? record.agent, caller.address)) {
    throw new DeniedError('notAgent', `${caller.address} is not the agent of lease ${lease}`)
  }
  if (session && session.expiry <= view.nowSeconds()) throw new DeniedError('sessionExpired', 'the session has expired')
  if (session && (session.scopes & sessionScopes[scope]) === 0) {
    throw new DeniedError('scopeMissing', `the session does not allow ${scope}`)
  }
  if (newer) await book.remember(newer, caller, signal)
  return { ...record, session }
}
