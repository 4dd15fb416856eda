import type { LeaseId } from '@tender/driver'
import type Docker from 'dockerode'
import type { Firewall } from './firewall.ts'
import type { LeaseNetwork } from './types.ts'

export type LeaseNetworksOptions = {
  readonly engine: Docker
  readonly firewall: Firewall
  /** Lease networks are taken out of it, 64 addresses each. Default: `10.213.0.0/16`. */
  readonly pool?: string
  /** Resolvers of leases with internet. Default: 1.1.1.1 and 9.9.9.9. */
  readonly resolvers?: readonly string[]
}

/** One private network for each lease. Everything is idempotent on the lease. */
export type LeaseNetworks = {
  /** Finds or creates the lease's network, after the firewall. @throws {TenderError} `noFreeNetwork` */
  ensure(leaseId: LeaseId, options: { internet: boolean }, signal: AbortSignal): Promise<LeaseNetwork>
  find(leaseId: LeaseId, signal: AbortSignal): Promise<LeaseNetwork | undefined>
  /** Its containers have to be gone. */
  remove(leaseId: LeaseId, signal: AbortSignal): Promise<void>
}

export declare function createLeaseNetworks(options: LeaseNetworksOptions): LeaseNetworks
