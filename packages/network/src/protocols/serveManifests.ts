import { createHash } from 'node:crypto'
import { type BlobSpec, MAX_BLOB_BYTES, MAX_MANIFEST_BYTES, type Manifest, manifestHash } from '@tender/protocol'
import { bytesToHex, type Hex } from 'viem'
import { CHUNK_BYTES } from '../chunks.ts'
import { BadFrameError, DeniedError, TooLargeError } from '../errors.ts'
import type { Frames } from '../frames.ts'
import { type LeaseBook, openLease } from '../leaseAccess.ts'
import {
  BASE_TIMEOUT_MS,
  blobsByHash,
  MANIFEST_PURPOSE,
  MAX_SECRET_FRAME_BYTES,
  MAX_SECRETS_BYTES,
  neededSchema,
  receiptSchema,
  requestSchema,
  secretSchema,
  sumBytes,
  timeoutMs,
} from '../manifestFrames.ts'
import type { Caller } from '../market.ts'
import type { NetworkNode } from '../node.ts'
import { readFrame, withDeadline, writeAnswer } from '../rpc.ts'
import type { ManifestReceipt } from './manifest.ts'

const limits = { maxStreams: 64, maxPerCaller: 16, rate: { perSecond: 2, burst: 10 } }

/** Room for the request around the manifest. */
const MAX_REQUEST_BYTES = MAX_MANIFEST_BYTES + 16 * 1024

/** What a provider does with manifests. Caller, hash and sizes were checked before. */
export type ManifestSink = LeaseBook & {
  /** All files of one manifest together; {@link MAX_BLOB_BYTES} if not less. */
  maxBytes: number
  hasBlob(sha256: Hex): Promise<boolean>
  /** Stores a file. `bytes` throws at its end if they are not what was announced: keep nothing then. */
  storeBlob(
    blob: { sha256: Hex; sizeBytes: number; bytes: AsyncIterable<Uint8Array> },
    signal: AbortSignal,
  ): Promise<void>
  /**
   * Records the manifest, whose files are all stored. Idempotent on `lease` and `revision`. Only revision 0 is known to be what
   * was ordered: whether an update fits the lease is the provider's to say.
   */
  accept(accepted: AcceptedManifest, signal: AbortSignal): Promise<ManifestReceipt>
}

export type AcceptedManifest = {
  lease: Hex
  manifest: Manifest
  revision: number
  /** Still sealed, by name. */
  secrets: Readonly<Record<string, Hex>>
}

/** Takes manifests for this provider's leases, from their agents only, and only those that the orders were signed for. */
export function serveManifests(node: NetworkNode, sink: ManifestSink): Promise<() => Promise<void>> {
  return node.handle(MANIFEST_PURPOSE, limits, async (frames, caller, signal) => {
    const { secrets: count, ...asked } = await withDeadline('the manifest', BASE_TIMEOUT_MS, signal, (within) =>
      receiveManifest(node, sink, { frames, caller, signal: within }),
    )
    await withDeadline('the files', timeoutMs(asked.manifest), signal, async (within) => {
      const missing = await askForMissing(sink, asked.manifest, frames, within)
      const secrets = await receiveSecrets(count, frames, within)
      await receiveBlobs(sink, missing, frames, within)
      await writeAnswer(frames, receiptSchema, await sink.accept({ ...asked, secrets }, within), within)
    })
  })
}

async function receiveManifest(
  node: NetworkNode,
  sink: ManifestSink,
  { frames, caller, signal }: { frames: Frames; caller: Caller; signal: AbortSignal },
) {
  const { session, ...asked } = await readFrame(frames, requestSchema, MAX_REQUEST_BYTES, signal)
  const { lease, manifest, revision } = asked
  const record = await openLease(node, sink, { lease, session, scope: 'manifest' }, caller, signal)
  if (revision === 0 && manifestHash(manifest) !== record.manifest) {
    throw new DeniedError('manifestMismatch', 'the manifest is not the one that the order was signed for')
  }
  const sizeBytes = sumBytes(blobsByHash(manifest).values())
  const maxBytes = Math.min(sink.maxBytes, MAX_BLOB_BYTES)
  if (sizeBytes > maxBytes) throw new TooLargeError("the manifest's files", { sizeBytes, maxBytes })
  return asked
}

async function askForMissing(sink: ManifestSink, manifest: Manifest, frames: Frames, signal: AbortSignal) {
  const missing: BlobSpec[] = []
  for (const blob of blobsByHash(manifest).values()) if (!(await sink.hasBlob(blob.sha256))) missing.push(blob)
  await writeAnswer(frames, neededSchema, { needed: missing.map(({ sha256 }) => sha256) }, signal)
  return missing
}

async function receiveSecrets(count: number, frames: Frames, signal: AbortSignal): Promise<Record<string, Hex>> {
  const secrets: Record<string, Hex> = {}
  let sizeBytes = 0
  for (let n = 0; n < count; n++) {
    const { name, sealed } = await readFrame(frames, secretSchema, MAX_SECRET_FRAME_BYTES, signal)
    sizeBytes += sealed.byteLength
    if (sizeBytes > MAX_SECRETS_BYTES)
      throw new TooLargeError('the secrets', { sizeBytes, maxBytes: MAX_SECRETS_BYTES })
    secrets[name] = bytesToHex(sealed)
  }
  return secrets
}

async function receiveBlobs(sink: ManifestSink, missing: readonly BlobSpec[], frames: Frames, signal: AbortSignal) {
  for (const blob of missing) {
    const bytes = blobBytes(frames, blob, signal)
    await sink.storeBlob({ sha256: blob.sha256, sizeBytes: blob.bytes, bytes }, signal)
  }
}

async function* blobBytes(frames: Frames, blob: BlobSpec, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let leftBytes = blob.bytes
  while (leftBytes > 0) {
    const chunk = await frames.read(Math.min(CHUNK_BYTES, leftBytes), signal)
    if (!chunk?.byteLength) throw new BadFrameError('a file ended early')
    hash.update(chunk)
    leftBytes -= chunk.byteLength
    yield chunk
  }
  if (`0x${hash.digest('hex')}` !== blob.sha256) {
    throw new DeniedError('blobMismatch', `the file sent as ${blob.sha256} is another`)
  }
}
