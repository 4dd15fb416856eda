import { type Driver, isContainerDriver } from '@tender/driver'
import type { Address, Hex } from 'viem'
import type { LeaseBook } from './leaseBook.ts'
import type { LeasePhase, LeaseRecord } from './leaseRecord.ts'

/** Phases in which a workload may still write to its volumes. */
const writes: ReadonlySet<LeasePhase> = new Set(['accepted', 'running', 'completed', 'failed'])

/** True while the lease whose volumes this one takes over still runs here. */
export function waitsForVolumes({ manifest }: LeaseRecord, leases: Pick<LeaseBook, 'get'>): boolean {
  const from = manifest?.brief.volumesOf
  const previous = from && leases.get(from)
  return previous ? writes.has(previous.phase) : false
}

/**
 * Whether this provider has the volumes of an earlier lease, and may give them to this tenant: only to the one who had them.
 *
 * @example
 * const hasVolumesOf = createVolumeCheck(leases, drivers)
 * await hasVolumesOf(order.brief.volumesOf, order.tenant)  // false: they were dropped
 */
export function createVolumeCheck(leases: Pick<LeaseBook, 'get'>, drivers: readonly Driver[]) {
  return async function hasVolumesOf(leaseId: Hex, tenant: Address): Promise<boolean> {
    if (leases.get(leaseId)?.terms.tenant !== tenant) return false
    const found = await Promise.all(drivers.map((driver) => keepsVolumes(driver, leaseId)))
    return found.includes(true)
  }
}

/** Whether a driver has volumes of a lease, running or not. */
export async function keepsVolumes(driver: Driver, leaseId: Hex): Promise<boolean> {
  if (!isContainerDriver(driver)) return false
  return (await driver.keptVolumes()).some((volumes) => volumes.leaseId === leaseId)
}

/** Graphics cards of the lease's class that no other lease has; `undefined` if there are too few. */
export function freeGpus(
  { leaseId, terms }: LeaseRecord,
  gpus: readonly { id: string; resource: string }[],
  resource: string,
  live: readonly LeaseRecord[],
): readonly string[] | undefined {
  const others = live.filter((other) => other.leaseId !== leaseId && writes.has(other.phase))
  const taken = new Set(others.flatMap((other) => other.gpus ?? []))
  const free = gpus.filter((gpu) => gpu.resource === resource && !taken.has(gpu.id)).map(({ id }) => id)
  return free.length >= terms.units ? free.slice(0, terms.units) : undefined
}
