import type { HostReport } from '@tender/driver'
import type { Hex } from 'viem'
import type { LeaseRecord } from '../leases/leaseRecord.ts'
import { isGone } from './units.ts'

/** Graphics cards of a resource class that the host has. */
export function gpusOf(host: HostReport, resource: string): number {
  return host.healthy ? (host.gpus ?? []).filter((gpu) => gpu.resource === resource).length : 0
}

/**
 * Graphics cards of a class that leases have, or will have once their manifest comes: a unit is a card. A lease that was replaced
 * has its own until it ends, although its units are sold again.
 */
export function gpusInUse(leases: readonly LeaseRecord[], resource: Hex): number {
  return leases
    .filter((lease) => lease.terms.resource === resource && !isGone(lease))
    .reduce((sum, { terms }) => sum + terms.units, 0)
}
