import type { Duplex } from 'node:stream'
import type { Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { bridge, restOf } from '../bridge.ts'
import { destroyOnAbort } from '../duplex.ts'
import type { LeaseBook } from '../leaseAccess.ts'
import { defineLeaseStream, type LeaseRequest, leaseFields, serveLeaseStreams } from '../leaseStream.ts'
import type { NetworkNode } from '../node.ts'
import { serviceNameSchema } from '../schemas.ts'
import { askReady } from '../streamKind.ts'

/** A port of one of a lease's services. */
export type TunnelTarget = { service: string; port: number }

const tunnel = defineLeaseStream({
  name: 'tunnel',
  scope: 'streams',
  request: z.strictObject({ ...leaseFields, service: serviceNameSchema, port: z.int().min(1).max(65_535) }),
  maxRequestBytes: 16 * 1024,
  limits: { maxStreams: 2048, maxPerCaller: 1024, maxPerLease: 1024, rate: { perSecond: 200, burst: 1024 } },
})

/**
 * A connection to a port of a lease's workload: bytes both ways, each side ends for itself. Destroying it, or aborting
 * `signal` at any time, breaks it off at both ends.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, `scopeMissing`, `tooManyStreams`, or why nothing answers on that port
 * @throws {UnreachableError | TimedOutError}
 * @example
 * const tunnel = await openTunnel(node, provider, { lease, service: 'db', port: 5432 }, signal)
 * await pipeline(socket, tunnel, socket)
 */
export async function openTunnel(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest & TunnelTarget,
  signal: AbortSignal,
): Promise<Duplex> {
  const connection = restOf(await askReady(node, provider, tunnel, request, signal))
  destroyOnAbort(connection, signal)
  return connection
}

/** Serves {@link openTunnel}, to the lease's agent only. What `connect` gives is destroyed when the tunnel breaks. */
export function serveTunnels(
  node: NetworkNode,
  leases: LeaseBook & { connect(lease: Hex, target: TunnelTarget, signal: AbortSignal): Promise<Duplex> },
): Promise<() => Promise<void>> {
  return serveLeaseStreams(node, leases, tunnel, async ({ lease, service, port }, frames, signal) => {
    await bridge(frames, await leases.connect(lease, { service, port }, signal), signal)
  })
}
