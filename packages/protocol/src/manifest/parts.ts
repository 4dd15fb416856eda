import type { Hex } from 'viem'
import { z } from 'zod'

// What the schemas of a manifest's parts share.

export const hash32 = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex')
  // CAST: the pattern above is the type
  .transform((value) => value as Hex)
export const count = (most: number) => z.int().min(0).max(most)
export const word = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')

/** Largest file that a manifest may name, and all its files together; a provider may take less. Images of containers are large. */
export const MAX_BLOB_BYTES = 1024 * 1024 * 1024

/** A file that travels with the manifest, named by its content. */
export const blobSchema = z.strictObject({
  kind: z.literal('blob'),
  sha256: hash32,
  bytes: z.int().min(1).max(MAX_BLOB_BYTES),
})
