import {
  type BatchHeader,
  batchHeaderSchema,
  type Dialable,
  marketDomain,
  messageHash,
  signatureSchema,
} from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { DeniedError } from '../errors.ts'
import type { Caller } from '../market.ts'
import { admitMonitor, type IsMonitor } from '../monitorGate.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'
import { verifyKeySignature } from '../verifySignature.ts'
import { MAX_PART_BYTES } from './parts.ts'

/** What a monitor signed of an era, and how large it is: the batch itself is the part whose hash is `header.digest`. */
export type SignedBatchHeader = { header: BatchHeader; signature: Hex; bytes: number }

export const signedBatchHeaderSchema: z.ZodType<SignedBatchHeader> = z.strictObject({
  header: batchHeaderSchema,
  signature: signatureSchema,
  bytes: z.int().min(0).max(MAX_PART_BYTES),
})

const batch = defineRequest({
  name: 'batch',
  request: signedBatchHeaderSchema,
  response: z.strictObject({}),
  maxRequestBytes: 16 * 1024,
  maxResponseBytes: 256,
  timeoutMs: 15_000,
  limits: { maxStreams: 256, maxPerCaller: 16, rate: { perSecond: 10, burst: 300 } },
})

/**
 * Tells a monitor what a monitor signed of an era: one's own batch, or another's that it may not have heard of.
 *
 * @throws {RefusedError} `notMonitor`, `badSignature`, …
 */
export async function sendBatchHeader(
  node: NetworkNode,
  monitor: Dialable,
  header: SignedBatchHeader,
  signal: AbortSignal,
): Promise<void> {
  await callPeer(node, monitor, batch, header, signal)
}

/**
 * Takes such headers, from monitors only and of monitors only, each signed by the monitor that it names. `caller` need not be
 * that monitor: where two cannot see each other a third passes on.
 */
export function serveBatchHeaders(
  node: NetworkNode,
  monitor: {
    isMonitor: IsMonitor
    keep(header: SignedBatchHeader, caller: Caller, signal: AbortSignal): Promise<void>
  },
): Promise<() => Promise<void>> {
  return servePeers(node, batch, async (signed, caller, signal) => {
    await admitMonitor(monitor.isMonitor, caller, signal)
    await checkBatchHeader(node, signed)
    await admitMonitor(monitor.isMonitor, { ...caller, address: signed.header.monitor }, signal)
    await monitor.keep(signed, caller, signal)
    return {}
  })
}

/** @throws {DeniedError} `badSignature`: the header is not signed with the key of the monitor that it names */
export async function checkBatchHeader(
  { market }: Pick<NetworkNode, 'market'>,
  { header, signature }: SignedBatchHeader,
): Promise<void> {
  const digest = messageHash(marketDomain(market), 'BatchHeader', header)
  if (await verifyKeySignature({ signer: header.monitor, digest, signature })) return
  throw new DeniedError('badSignature', `the batch is not signed by monitor ${header.monitor}`)
}
