import type { BlobSpec, Dialable, Manifest } from '@tender/protocol'
import { type Hex, hexToBytes } from 'viem'
import { chunked } from '../chunks.ts'
import { BadFrameError } from '../errors.ts'
import { closing } from '../frames.ts'
import type { SignedSession } from '../leaseAccess.ts'
import {
  blobsByHash,
  MANIFEST_PURPOSE,
  MAX_ANSWER_BYTES,
  neededSchema,
  receiptSchema,
  requestSchema,
  secretSchema,
  sumBytes,
  timeoutMs,
} from '../manifestFrames.ts'
import type { NetworkNode } from '../node.ts'
import { readAnswer, sendUntilAnswered, withDeadline } from '../rpc.ts'
import { encodeWire } from '../wire.ts'

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
    const frames = await node.open(provider, MANIFEST_PURPOSE, within)
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
