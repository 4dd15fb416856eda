import { type Dialable, type Extend, extendSchema, marketDomain, messageHash, signatureSchema } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { DeniedError } from '../errors.ts'
import { type LeaseBook, openLease } from '../leaseAccess.ts'
import { type LeaseRequest, leaseFields } from '../leaseStream.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

/** A tenant's leave to extend a lease up to a ceiling. */
export type Prolongation = {
  permission: Extend
  /** The tenant's, over `permission`. */
  signature: Hex
  /** Extend whenever the lease's end is nearer than this. */
  runwaySeconds: number
}

const MAX_RUNWAY_SECONDS = 366 * 86_400

const prolong = defineRequest({
  name: 'prolong',
  request: z.strictObject({
    ...leaseFields,
    permission: extendSchema,
    signature: signatureSchema,
    runwaySeconds: z.int().min(60).max(MAX_RUNWAY_SECONDS),
  }),
  response: z.strictObject({}),
  maxRequestBytes: 16 * 1024,
  maxResponseBytes: 1024,
  timeoutMs: 10_000,
  limits: { maxStreams: 64, maxPerCaller: 16, rate: { perSecond: 2, burst: 10 } },
})

/**
 * Gives a provider the tenant's leave to extend a lease itself. A newer permission replaces an older one.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, `badPermission`
 */
export async function sendExtend(
  node: NetworkNode,
  provider: Dialable,
  request: LeaseRequest & Prolongation,
  signal: AbortSignal,
): Promise<void> {
  await callPeer(node, provider, prolong, request, signal)
}

/** Takes such leave from the lease's agent; that the tenant signed it for this lease was checked. */
export function serveExtends(
  node: NetworkNode,
  leases: LeaseBook & { keepExtend(lease: Hex, prolongation: Prolongation, signal: AbortSignal): Promise<void> },
): Promise<() => Promise<void>> {
  const { market, view } = node
  return servePeers(node, prolong, async ({ lease, session, ...prolongation }, caller, signal) => {
    const { tenant } = await openLease(node, leases, { lease, session, scope: 'streams' }, caller, signal)
    const { permission, signature } = prolongation
    const digest = messageHash(marketDomain(market), 'Extend', permission)
    const signed = await view.verifySignature({ signer: tenant, digest, signature }, signal)
    if (permission.lease !== lease || !signed) {
      throw new DeniedError('badPermission', "the permission is not signed by the lease's tenant for this lease")
    }
    await leases.keepExtend(lease, prolongation, signal)
    return {}
  })
}
