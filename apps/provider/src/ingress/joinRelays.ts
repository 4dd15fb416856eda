import { setTimeout as delay } from 'node:timers/promises'
import type { Ingress, PublicPlace } from '@tender/ingress'
import {
  type IngressRequest,
  keepPublished,
  MAX_PUBLISHED_LEASES,
  type NetworkNode,
  serveIngress,
} from '@tender/network'
import { NotFoundError, TenderError } from '@tender/protocol'
import type { RoutedLease, RoutedLeases, Routes } from './routes.ts'

export type RelayedIngress = {
  node: NetworkNode
  leases: RoutedLeases
  routes: Routes
  ingress: Pick<Ingress, 'connect'>
  signal: AbortSignal
}

/** How often the leases are compared with those that the relays know; nothing is sent while they are the same. */
const COMPARE_EVERY_MS = 500

/** From the first moment, so that a relay knows a lease before its workload runs. */
const SERVED: ReadonlySet<RoutedLease['phase']> = new Set(['opened', 'accepted', 'running'])

/**
 * Lets the relays at which this provider holds a place bring visitors to its workloads, and keeps them told which leases these
 * are, until `signal` aborts.
 *
 * @returns where the relays are reached, as of now
 */
export async function joinRelays(options: RelayedIngress): Promise<() => readonly PublicPlace[]> {
  const { node, leases, signal } = options
  if (node.relays().length === 0) return () => []
  await serveIngress(node, { connect: (request) => connectVisitor(options, request) })
  const publisher = keepPublished(node, signal)
  void keepTold(leases, publisher.set, signal)
  return publisher.domains
}

/** Visitors of one connection, or another ingress that speaks for many. */
async function connectVisitor({ routes, ingress }: RelayedIngress, { host, secure, clientAddress }: IngressRequest) {
  const name = host.toLowerCase()
  if (!secure) return ingress.connect({ tls: false, trusted: true, address: clientAddress })
  if (await routes.passThrough(name)) return ingress.connect({ tls: true, trusted: false, address: clientAddress })
  if (await routes.route(name)) {
    // The relay knows by this that it may end TLS itself, and get a certificate for the host.
    throw new TenderError(`TLS for ${name} ends at the relay`, { code: 'tlsEndsAtRelay', class: 'conflict' })
  }
  throw new NotFoundError(`no lease here answers to ${name}`, { code: 'unknownHost' })
}

async function keepTold(leases: RoutedLeases, tell: (leases: RoutedLease['leaseId'][]) => void, signal: AbortSignal) {
  while (!signal.aborted) {
    const served = leases.live().filter(({ phase }) => SERVED.has(phase))
    tell(
      served
        .map(({ leaseId }) => leaseId)
        .sort()
        .slice(0, MAX_PUBLISHED_LEASES),
    )
    await delay(COMPARE_EVERY_MS, undefined, { signal, ref: false }).catch(() => {})
  }
}
