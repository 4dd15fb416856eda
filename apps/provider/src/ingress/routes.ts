import { type Driver, type Handle, isRouting } from '@tender/driver'
import type { Hex } from 'viem'
import type { LeaseBook } from '../leases/leaseBook.ts'
import type { LeaseRecord } from '../leases/leaseRecord.ts'
import { hostLabel } from './hostLabel.ts'
import type { Route } from './ingress.ts'

/** Finds the way from a host label to a lease's workload. */
export function createRoutes(leases: LeaseBook, driverFor: (kind: string) => Driver | undefined) {
  const labels = new Map<string, Hex>()
  // By the handle itself: a workload that is run again has another handle, and listens elsewhere.
  const endpoints = new WeakMap<Handle, Extract<Route, { state: 'ready' }>>()

  function recordOf(label: string): LeaseRecord | undefined {
    const known = labels.get(label)
    if (known) return leases.get(known)
    const record = leases.live().find(({ leaseId }) => hostLabel(leaseId) === label)
    if (record) labels.set(label, record.leaseId)
    return record
  }

  return async function route(label: string): Promise<Route | undefined> {
    const record = recordOf(label)
    if (!record) return undefined
    const { phase, handle, reason } = record
    if (phase === 'opened' || phase === 'accepted') return { state: 'starting' }
    if (phase !== 'running' || !handle) return { state: 'failed', reason: reason ?? 'the lease is over' }

    const known = endpoints.get(handle)
    if (known) return known
    const driver = driverFor(handle.driver)
    if (!driver || !isRouting(driver)) return { state: 'failed', reason: 'it serves nothing' }
    const [endpoint] = await driver.endpoints(handle)
    if (!endpoint) return { state: 'failed', reason: 'it serves nothing' }
    const found = { state: 'ready', ...endpoint } as const
    endpoints.set(handle, found)
    return found
  }
}
