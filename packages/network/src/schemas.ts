import { z } from 'zod'

// What several protocols ask for.

/** A service's name, as manifests have it. */
export const serviceNameSchema = z.string().regex(/^[a-zA-Z0-9._-]{1,63}$/)

/** Which of a service's containers, from 0. */
export const replicaSchema = z.int().min(0).max(1023)

/** Absolute path in a container. */
export const containerPathSchema = z.string().regex(/^\/[^\0\n]{0,1022}$/)

/** Bytes, at most so many. */
export const bytesSchema = (maxBytes: number) =>
  z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.byteLength <= maxBytes,
    `must be at most ${maxBytes} bytes`,
  )

/** A version of a lease's manifest: 0 is the one that was ordered, larger ones are updates. */
export const revisionSchema = z.int().min(0).max(0xffff_ffff)
