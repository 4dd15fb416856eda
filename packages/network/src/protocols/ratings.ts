import {
  addressSchema,
  type Dialable,
  marketDomain,
  messageHash,
  ratingSchema,
  type SignedRating,
  signatureSchema,
} from '@tender/protocol'
import { z } from 'zod'
import { DeniedError } from '../errors.ts'
import type { Caller } from '../market.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'

export const signedRatingSchema: z.ZodType<SignedRating> = z.strictObject({
  rating: ratingSchema,
  tenant: addressSchema,
  signature: signatureSchema,
})

const rate = defineRequest({
  name: 'rating',
  request: signedRatingSchema,
  response: z.strictObject({}),
  maxRequestBytes: 16 * 1024,
  maxResponseBytes: 256,
  timeoutMs: 10_000,
  limits: { maxStreams: 64, maxPerCaller: 8, rate: { perSecond: 5, burst: 50 } },
})

/**
 * Gives a monitor a tenant's rating of a lease that is over.
 *
 * @throws {RefusedError} `badSignature`; what else the monitor says to it, such as `unknownLease`
 */
export async function sendRating(
  node: NetworkNode,
  monitor: Dialable,
  rating: SignedRating,
  signal: AbortSignal,
): Promise<void> {
  await callPeer(node, monitor, rate, rating, signal)
}

/** Takes ratings from anybody, each signed by the tenant that it names; that the lease is its own is `keep`'s to check. */
export function serveRatings(
  node: NetworkNode,
  keep: (rating: SignedRating, caller: Caller, signal: AbortSignal) => Promise<void>,
): Promise<() => Promise<void>> {
  const { market, view } = node
  return servePeers(node, rate, async (signed, caller, signal) => {
    const { rating, tenant, signature } = signed
    const digest = messageHash(marketDomain(market), 'Rating', rating)
    if (!(await view.verifySignature({ signer: tenant, digest, signature }, signal))) {
      throw new DeniedError('badSignature', 'the rating is not signed by the tenant that it names')
    }
    await keep(signed, caller, signal)
    return {}
  })
}
