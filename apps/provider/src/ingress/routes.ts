import {
  type Driver,
  type Handle,
  isRouting,
  type PortAddress,
  type RoutingDriver,
  type WorkloadStatus,
} from '@tender/driver'
import { type FindRoute, hostLabel, parseLeaseHost, type ReadyRoute, type Route, serviceLabel } from '@tender/ingress'
import type { Manifest, ServiceSpec } from '@tender/protocol'
import type { Hex } from 'viem'
import type { LeaseRecord } from '../leases/leaseRecord.ts'
import { connectTo } from './connectTo.ts'

/** The ways to this provider's workloads, for its ingress. */
export type Routes = {
  /** Where HTTP requests for a host go. */
  route: FindRoute
  /** Where its TLS connections go; `undefined` if the workload does not end TLS itself. */
  passThrough: FindRoute
}

/** What of a lease decides where it is reached. */
export type RoutedLease = Pick<LeaseRecord, 'leaseId' | 'phase' | 'handle' | 'manifest' | 'reason'>

/** The part of a lease book that routes are found in. */
export type RoutedLeases = { get(leaseId: Hex): RoutedLease | undefined; live(): readonly RoutedLease[] }

/** What a host asks for: `undefined` as port is the first `http` service's, whichever the driver has. */
type Target = { port: PortAddress | undefined }

/**
 * Finds the way from a host to a lease's workload: `label.domain` is its first service with an `http` port (or, if it has none,
 * with a `tls` port), `service-label.domain` is that service.
 */
export function createRoutes(leases: RoutedLeases, driverFor: (kind: string) => Driver | undefined): Routes {
  const recordOf = createLabels(leases)
  const findReady = createReadyRoutes()
  /** Leases that were ready once: one that is not well later is still asked, it may answer. */
  const wereReady = new Set<Hex>()
  const inspect = createInspections()

  async function routeTo(record: RoutedLease, { port }: Target): Promise<Route> {
    const { leaseId, phase, handle, reason } = record
    if (phase === 'opened' || phase === 'accepted') return { state: 'starting' }
    if (phase !== 'running' || !handle) return { state: 'failed', reason: reason ?? 'the lease is over' }
    const driver = driverFor(handle.driver)
    if (!driver || !isRouting(driver)) return { state: 'failed', reason: 'it serves nothing' }
    if (!wereReady.has(leaseId)) {
      const status = await inspect(driver, handle)
      if (status.state === 'running' && status.waitingFor !== undefined) {
        return { state: 'starting', reason: status.waitingFor }
      }
      wereReady.add(leaseId)
    }
    return (await findReady(driver, handle, port)) ?? { state: 'failed', reason: 'it serves nothing' }
  }

  async function route(host: string): Promise<Route | undefined> {
    const { label, service } = parseLeaseHost(host)
    const record = recordOf(label)
    if (!record) return undefined
    if (service === undefined) return routeTo(record, { port: undefined })
    const named = record.manifest && serviceNamed(record.manifest, service)
    if (!named) return undefined
    const port = portOf(named, 'http')
    return port ? routeTo(record, { port }) : { state: 'failed', reason: 'this service takes no HTTP requests' }
  }

  async function passThrough(host: string): Promise<Route | undefined> {
    const { label, service } = parseLeaseHost(host)
    const record = recordOf(label)
    if (!record?.manifest) return undefined
    const named = service === undefined ? mainService(record.manifest) : serviceNamed(record.manifest, service)
    const port = named && portOf(named, 'tls')
    return port && routeTo(record, { port })
  }
  return { route, passThrough }
}

/** What the service behind a lease's own host speaks. */
export function mainProtocols(manifest: Manifest): { http: boolean; tls: boolean } {
  const main = mainService(manifest)
  const speaks = (protocol: 'http' | 'tls') => main !== undefined && portOf(main, protocol) !== undefined
  return { http: speaks('http'), tls: speaks('tls') }
}

/** A stranger's host without a lease must cost little: no label is worked out twice. */
function createLabels(leases: RoutedLeases): (label: string) => RoutedLease | undefined {
  const byLabel = new Map<string, Hex>()
  const labelled = new Set<Hex>()
  return (label) => {
    if (!byLabel.has(label)) {
      for (const { leaseId } of leases.live()) {
        if (labelled.has(leaseId)) continue
        labelled.add(leaseId)
        byLabel.set(hostLabel(leaseId), leaseId)
      }
    }
    const leaseId = byLabel.get(label)
    return leaseId && leases.get(leaseId)
  }
}

/** Asks a driver how a workload is, once for all visitors who wait for the answer. */
function createInspections() {
  const asked = new WeakMap<Handle, Promise<WorkloadStatus>>()
  return (driver: Driver, handle: Handle): Promise<WorkloadStatus> => {
    const asking = asked.get(handle) ?? driver.inspect(handle).finally(() => asked.delete(handle))
    asked.set(handle, asking)
    return asking
  }
}

/** Asks a driver once where a workload listens. */
function createReadyRoutes() {
  // By the handle itself: a workload that is run again, or updated, has another handle, and listens elsewhere.
  const known = new WeakMap<Handle, Map<string, ReadyRoute>>()
  let count = 0
  return async (driver: RoutingDriver, handle: Handle, port?: PortAddress): Promise<ReadyRoute | undefined> => {
    const routes = known.get(handle) ?? new Map<string, ReadyRoute>()
    known.set(handle, routes)
    const name = port ? `${port.service}:${port.port}` : ''
    const before = routes.get(name)
    if (before) return before
    const endpoints = await driver.endpoints(handle, port)
    if (endpoints.length === 0) return undefined
    const connect = connectTo(endpoints)
    const found: ReadyRoute = {
      state: 'ready',
      key: `${handle.leaseId} ${name} ${++count}`,
      headers: Object.assign({}, ...endpoints.map(({ headers }) => headers)),
      connect: (signal) =>
        connect(signal).catch((error) => {
          // It may listen elsewhere by now, as after its engine was restarted.
          if (!signal.aborted) routes.delete(name)
          throw error
        }),
    }
    routes.set(name, found)
    return found
  }
}

function serviceNamed({ services }: Manifest, label: string): ServiceSpec | undefined {
  return services.find(({ name }) => serviceLabel(name) === label)
}

function mainService({ services }: Manifest): ServiceSpec | undefined {
  return services.find((one) => portOf(one, 'http')) ?? services.find((one) => portOf(one, 'tls'))
}

function portOf({ name, ports }: ServiceSpec, protocol: 'http' | 'tls'): PortAddress | undefined {
  const port = ports.find((one) => one.protocol === protocol)
  return port && { service: name, port: port.target }
}
