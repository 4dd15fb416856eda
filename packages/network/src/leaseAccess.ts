import type { Session } from '@tender/protocol'
import type { Address, Hex } from 'viem'

/** A session with its tenant's signature. */
export type SignedSession = { session: Session; signature: Hex }

/** What a provider's records say of a lease it serves. */
export type LeaseRecord = {
  tenant: Address
  /** The order's agent. */
  agent: Address
  /** The order's manifest hash. */
  manifest: Hex
  /** The tenant's newest session that this provider was shown, if any. */
  session?: Session | undefined
}

/** The provider's leases, as the stream protocols need them. */
export type LeaseBook = {
  /** `undefined` if this provider has no such running lease. May ask the chain. */
  find(lease: Hex, signal: AbortSignal): Promise<LeaseRecord | undefined>
  /** Records a newer session of a tenant, already verified, before it has an effect. */
  remember(session: SignedSession, signal: AbortSignal): Promise<void>
}
