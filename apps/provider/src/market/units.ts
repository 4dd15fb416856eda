import type { Order } from '@tender/protocol'
import type { LeaseRecord } from '../leases/leaseRecord.ts'
import type { Capacity } from './sale.ts'

/** From a lease's end until its units are free on the chain: two transactions, on a chain that is not in a hurry. */
export const RELEASE_SECONDS = 20

/** Nothing of its workload runs any more. */
export function isGone({ phase }: LeaseRecord): boolean {
  return phase === 'stopped' || phase === 'retired' || phase === 'destroyed'
}

/**
 * Units that an order could have when its auction ends: those that are free, those of leases that were ended and give theirs back
 * by then, and those of the lease that it replaces, which the match itself hands over.
 */
export function unitsFor(order: Order, capacity: Capacity, leases: readonly LeaseRecord[]): number {
  const ending = leases.filter((lease) => frees(lease, order) || replaces(lease, order))
  return capacity.committedUnits - capacity.leasedUnits + ending.reduce((sum, { terms }) => sum + terms.units, 0)
}

function frees({ terms, chain }: LeaseRecord, { resource, auctionEnd }: Order): boolean {
  // One that merely runs out may still be prolonged.
  return terms.resource === resource && chain.endsEarly && !chain.released && chain.stop + RELEASE_SECONDS <= auctionEnd
}

function replaces({ leaseId, terms, chain }: LeaseRecord, order: Order): boolean {
  return leaseId === order.previous && terms.resource === order.resource && !chain.endsEarly && !chain.released
}
