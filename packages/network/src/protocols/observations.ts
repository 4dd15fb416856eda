import { bytes32Schema, type Dialable, type Observation, type Probe, uintBigint } from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { observationSchema, probeSchema } from '../eraSchemas.ts'
import { BadFrameError, DeniedError } from '../errors.ts'
import { addressOfPublicKey } from '../identity.ts'
import type { NetworkNode } from '../node.ts'
import { callPeer, defineRequest, servePeers } from '../rpc.ts'
import { checkBatchHeader, type SignedBatchHeader, signedBatchHeaderSchema } from './batches.ts'

/** What one monitor saw of one lease in one era. */
export type SeenLease = {
  observation: Observation
  /** Every probe and challenge behind it: `observation.evidence` is their hash. */
  probes: readonly Probe[]
}

/**
 * A monitor's word on one lease and era. `batch` is what the monitor signed: that the observation stands in it is seen in the part
 * whose hash is `batch.header.digest`, which any monitor serves.
 */
export type LeaseObservations = { batch: SignedBatchHeader; seen?: SeenLease | undefined }

/** A probe every five seconds of a day. */
const MAX_PROBES = 17_280

const observations = defineRequest<{ lease: Hex; era: bigint }, LeaseObservations>({
  name: 'observations',
  request: z.strictObject({ lease: bytes32Schema, era: uintBigint(64) }),
  response: z.strictObject({
    batch: signedBatchHeaderSchema,
    seen: z
      .strictObject({ observation: observationSchema, probes: z.array(probeSchema).max(MAX_PROBES).readonly() })
      .optional(),
  }),
  maxRequestBytes: 1024,
  maxResponseBytes: 4 * 1024 * 1024,
  timeoutMs: 20_000,
  limits: { maxStreams: 64, maxPerCaller: 8, rate: { perSecond: 5, burst: 50 } },
})

/**
 * Asks a monitor what it saw of a lease in an era that is over; `seen` is absent if the lease was not its to watch.
 *
 * @throws {DeniedError} `badSignature`: the batch is not signed by the monitor that was asked
 * @throws {RefusedError} `unknownEra`: it kept nothing of that era
 * @throws {UnreachableError | TimedOutError | BadFrameError}
 */
export async function askObservations(
  node: NetworkNode,
  monitor: Dialable,
  request: { lease: Hex; era: bigint },
  signal: AbortSignal,
): Promise<LeaseObservations> {
  const { batch, seen } = await callPeer(node, monitor, observations, request, signal)
  const { header } = batch
  if (header.era !== request.era) throw new BadFrameError('the observations are of another era')
  if (seen && seen.observation.lease !== request.lease.toLowerCase()) {
    throw new BadFrameError('the observation is of another lease')
  }
  if (header.monitor !== addressOfPublicKey(monitor.publicKey)) {
    throw new DeniedError('badSignature', 'the batch is of another monitor than the one that was asked')
  }
  await checkBatchHeader(node, batch)
  return { batch, seen }
}

/** Serves {@link askObservations} to anybody: what was reported of a lease is nobody's secret. */
export function serveObservations(
  node: NetworkNode,
  observed: (request: { lease: Hex; era: bigint }, signal: AbortSignal) => Promise<LeaseObservations>,
): Promise<() => Promise<void>> {
  return servePeers(node, observations, (request, _caller, signal) => observed(request, signal))
}
