import {
  type BlobSpec,
  blobsOf,
  bytes32Schema,
  type Manifest,
  manifestSchema,
  workloadUrlSchema,
} from '@tender/protocol'
import type { Hex } from 'viem'
import { z } from 'zod'
import { signedSessionSchema } from './leaseAccess.ts'
import { bytesSchema, revisionSchema } from './schemas.ts'

// One stream: the manifest; the hashes of the files that the provider lacks; the sealed secrets, a frame each; those files, in
// that order, in frames of any size up to a chunk; the receipt. Whatever is large is asked for only once the caller is known.

export const MANIFEST_PURPOSE = 'manifest'

/** Of what the provider lacks, and of the receipt. */
export const MAX_ANSWER_BYTES = 16 * 1024
/** Most secrets that come with one manifest, and the most bytes of each, sealed. */
const MAX_SECRETS = 64
const MAX_SECRET_BYTES = 64 * 1024
/** Of all of them together, sealed: a provider keeps them with the lease's record, up to three versions at once. */
export const MAX_SECRETS_BYTES = 512 * 1024
export const MAX_SECRET_FRAME_BYTES = MAX_SECRET_BYTES + 1024
/** Whoever sends or takes less than this is given up, however small its steps. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024
export const BASE_TIMEOUT_MS = 30_000

export const requestSchema = z.strictObject({
  lease: bytes32Schema,
  manifest: manifestSchema,
  revision: revisionSchema,
  /** How many follow. */
  secrets: z.int().min(0).max(MAX_SECRETS),
  session: signedSessionSchema.optional(),
})
export const secretSchema = z.strictObject({
  name: z.string().regex(/^(?!__proto__$)[a-zA-Z0-9._-]{1,128}$/),
  sealed: bytesSchema(MAX_SECRET_BYTES),
})
export const neededSchema = z.strictObject({ needed: z.array(bytes32Schema).max(1024) })
export const receiptSchema = z.strictObject({ url: workloadUrlSchema.optional() })

/** The files that come with a manifest, each once. A job's are in its bundle. */
export function blobsByHash({ services, job }: Manifest): Map<Hex, BlobSpec> {
  return new Map(blobsOf(job ? [] : services).map((blob) => [blob.sha256, blob]))
}

export function sumBytes(blobs: Iterable<BlobSpec>): number {
  return Array.from(blobs).reduce((sum, { bytes }) => sum + bytes, 0)
}

/** How long a manifest's files may take. */
export function timeoutMs(manifest: Manifest): number {
  return BASE_TIMEOUT_MS + Math.ceil((sumBytes(blobsByHash(manifest).values()) / SLOWEST_BYTES_PER_SECOND) * 1000)
}
