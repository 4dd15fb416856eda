import { createHash } from 'node:crypto'
import {
  type BlobSpec,
  blobsOf,
  bytes32Schema,
  type Dialable,
  MAX_BLOB_BYTES,
  MAX_MANIFEST_BYTES,
  type Manifest,
  manifestHash,
  manifestSchema,
  workloadUrlSchema,
} from '@tender/protocol'
import { bytesToHex, type Hex, hexToBytes } from 'viem'
import { z } from 'zod'
import { CHUNK_BYTES, chunked } from '../chunks.ts'
import { BadFrameError, DeniedError, TooLargeError } from '../errors.ts'
import { closing, type Frames } from '../frames.ts'
import { type LeaseBook, openLease, type SignedSession, signedSessionSchema } from '../leaseAccess.ts'
import type { Caller } from '../market.ts'
import type { NetworkNode } from '../node.ts'
import { readAnswer, readFrame, sendUntilAnswered, withDeadline, writeAnswer } from '../rpc.ts'
import { bytesSchema, revisionSchema } from '../schemas.ts'
import { encodeWire } from '../wire.ts'

// One stream: the manifest; the hashes of the files that the provider lacks; the sealed secrets, a frame each; those files, in
// that order, in frames of any size up to a chunk; the receipt. Whatever is large is asked for only once the caller is known.

const PURPOSE = 'manifest'
const limits = { maxStreams: 64, maxPerCaller: 16, rate: { perSecond: 2, burst: 10 } }

/** Room for the request around the manifest. */
const MAX_REQUEST_BYTES = MAX_MANIFEST_BYTES + 16 * 1024
const MAX_ANSWER_BYTES = 16 * 1024
/** Most secrets that come with one manifest, and the most bytes of each, sealed. */
const MAX_SECRETS = 64
const MAX_SECRET_BYTES = 64 * 1024
/** Of all of them together, sealed: a provider keeps them with the lease's record, up to three versions at once. */
export const MAX_SECRETS_BYTES = 512 * 1024
const MAX_SECRET_FRAME_BYTES = MAX_SECRET_BYTES + 1024
/** Whoever sends or takes less than this is given up, however small its steps. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024
const BASE_TIMEOUT_MS = 30_000

const requestSchema = z.strictObject({
  lease: bytes32Schema,
  manifest: manifestSchema,
  revision: revisionSchema,
  /** How many follow. */
  secrets: z.int().min(0).max(MAX_SECRETS),
  session: signedSessionSchema.optional(),
})
const secretSchema = z.strictObject({
  name: z.string().regex(/^(?!__proto__$)[a-zA-Z0-9._-]{1,128}$/),
  sealed: bytesSchema(MAX_SECRET_BYTES),
})
const neededSchema = z.strictObject({ needed: z.array(bytes32Schema).max(1024) })
const receiptSchema = z.strictObject({ url: workloadUrlSchema.optional() })

export type ManifestDelivery = {
  lease: Hex
  manifest: Manifest
  /** A file's bytes in pieces of any size. Called once for each that the provider lacks. */
  readBlob(blob: BlobSpec): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** 0 (if absent) for the manifest that was ordered; an update's number is larger than every one before. */
  revision?: number | undefined
  /** What the manifest's secrets hold, sealed to the provider's operator key, see `seal`; by name. */
  secrets?: Readonly<Record<string, Hex>> | undefined
  /** Needed when the node is not the order's agent. */
  session?: SignedSession | undefined
  /** Told after each piece that was taken. */
  onProgress?: ((progress: { sentBytes: number; totalBytes: number }) => void) | undefined
}

/** Where the workload will answer, if it is a service. */
export type ManifestReceipt = { url?: string | undefined }

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

/**
 * Sends a lease's manifest and the files that the provider lacks.
 *
 * @throws {RefusedError} `unknownLease`, `notAgent`, `manifestMismatch`, `tooLarge`, `blobMismatch`
 * @throws {UnreachableError | TimedOutError}
 */
export function sendManifest(
  node: NetworkNode,
  provider: Dialable,
  { lease, manifest, session, revision = 0, secrets = {}, readBlob, onProgress = () => {} }: ManifestDelivery,
  signal: AbortSignal,
): Promise<ManifestReceipt> {
  const blobs = blobsByHash(manifest)
  return withDeadline('the provider sent a manifest', timeoutMs(manifest), signal, async (within) => {
    const frames = await node.open(provider, PURPOSE, within)
    return closing(frames, async () => {
      const request = { lease, manifest, revision, secrets: Object.keys(secrets).length, session }
      await frames.write(encodeWire(requestSchema.parse(request)), within)
      const { needed } = await readAnswer(frames, neededSchema, MAX_ANSWER_BYTES, within)
      const missing = needed.map((sha256) => {
        const blob = blobs.get(sha256)
        if (!blob) throw new BadFrameError('the provider needs a file that the manifest does not name')
        return blob
      })
      return sendUntilAnswered(frames, receiptSchema, MAX_ANSWER_BYTES, within, async (sending) => {
        for (const [name, sealed] of Object.entries(secrets)) {
          await frames.write(encodeWire(secretSchema.parse({ name, sealed: hexToBytes(sealed) })), sending)
        }
        const totalBytes = sumBytes(missing)
        let sentBytes = 0
        for (const blob of missing) {
          for await (const chunk of chunked(readBlob(blob))) {
            await frames.write(chunk, sending)
            sentBytes += chunk.byteLength
            onProgress({ sentBytes, totalBytes })
          }
        }
        await frames.end(sending)
      })
    })
  })
}

/** Takes manifests for this provider's leases, from their agents only, and only those that the orders were signed for. */
export function serveManifests(node: NetworkNode, sink: ManifestSink): Promise<() => Promise<void>> {
  return node.handle(PURPOSE, limits, async (frames, caller, signal) => {
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

function blobsByHash({ services }: Manifest): Map<Hex, BlobSpec> {
  return new Map(blobsOf(services).map((blob) => [blob.sha256, blob]))
}

function sumBytes(blobs: Iterable<BlobSpec>): number {
  return Array.from(blobs).reduce((sum, { bytes }) => sum + bytes, 0)
}

function timeoutMs(manifest: Manifest): number {
  return BASE_TIMEOUT_MS + Math.ceil((sumBytes(blobsByHash(manifest).values()) / SLOWEST_BYTES_PER_SECOND) * 1000)
}
