import type { Duplex } from 'node:stream'
import { bytes32Schema, type Dialable } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { bridge, restOf } from '../bridge.ts'
import { destroyOnAbort } from '../duplex.ts'
import { DeniedError } from '../errors.ts'
import type { Caller } from '../market.ts'
import type { NetworkNode } from '../node.ts'
import { askReady, defineStream, serveStreams } from '../streamKind.ts'

/** One connection that came to a relay's public ingress for a lease. */
export type IngressRequest = {
  lease: Hex
  /** The name that was asked for: the HTTP host, or TLS's server name. */
  host: string
  /** TLS, still encrypted; else plain HTTP. */
  secure: boolean
  /** Where it came from, as the relay says, e.g. `203.0.113.7`. */
  clientAddress: string
}

const ingress = defineStream({
  name: 'ingress',
  request: z.strictObject({
    lease: bytes32Schema,
    host: z.string().regex(/^[a-zA-Z0-9._:[\]-]{1,255}$/),
    secure: z.boolean(),
    clientAddress: z.string().regex(/^[0-9a-fA-F.:]{2,45}$/),
  }),
  maxRequestBytes: 4 * 1024,
  limits: { maxStreams: 4096, maxPerCaller: 2048, maxPerLease: 1024, rate: { perSecond: 1000, burst: 2000 } },
})

/**
 * Brings one public connection from this relay to the provider that published the lease: raw bytes both ways. Destroying it, or
 * aborting `signal` at any time, breaks it off at both ends.
 *
 * @throws {RefusedError} `notARelay`, `tooManyStreams`, or why the workload does not answer
 * @throws {UnreachableError | TimedOutError}
 */
export async function openIngress(
  node: NetworkNode,
  provider: Dialable,
  request: IngressRequest,
  signal: AbortSignal,
): Promise<Duplex> {
  const connection = restOf(await askReady(node, provider, ingress, request, signal))
  destroyOnAbort(connection, signal)
  return connection
}

/** Takes public connections from the relays at which this node holds a reservation, from nobody else. */
export function serveIngress(
  node: NetworkNode,
  { connect }: { connect(request: IngressRequest & { caller: Caller }, signal: AbortSignal): Promise<Duplex> },
): Promise<() => Promise<void>> {
  const allow = async (_request: IngressRequest, caller: Caller) => {
    const ours = node.relays().some(({ peer, reserved }) => reserved && peer.publicKey === caller.publicKey)
    if (!ours) throw new DeniedError('notARelay', `${caller.address} is no relay of this provider`)
  }
  return serveStreams(node, ingress, allow, async (request, frames, caller, signal) => {
    await bridge(frames, await connect({ ...request, caller }, signal), signal)
  })
}
