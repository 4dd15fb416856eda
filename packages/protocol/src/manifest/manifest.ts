import { encodeAbiParameters, type Hex, keccak256, stringToBytes } from 'viem'
import { z } from 'zod'
import { canonicalJson } from './canonicalJson.ts'

/** Version of the manifest's format; hashes of different versions never meet. */
export const MANIFEST_VERSION = 1

/** Largest manifest as JSON: what a provider reads from a stream before it knows whether it is worth anything. */
export const MAX_MANIFEST_BYTES = 256 * 1024

/** Largest file that a manifest may name, and all its files together. */
export const MAX_BLOB_BYTES = 64 * 1024 * 1024

/** Most services in one manifest. */
export const MAX_SERVICES = 32

const hash32 = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex')
  // CAST: the pattern above is the type
  .transform((value) => value as Hex)
const count = (most: number) => z.int().min(0).max(most)
const word = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')

export const portSchema = z.strictObject({
  /** Port in the workload; for Wasm it is only a name, requests come on stdin. */
  target: z.int().min(1).max(65_535),
  protocol: z.enum(['http']),
})

export const briefSchema = z.strictObject({
  version: z.literal(MANIFEST_VERSION),
  /** Kind of the driver that runs it, e.g. `wasm`. Any name may be gossiped; a provider declines what it does not run. */
  driver: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be the kind of a driver such as wasm'),
  /** Resource class's short name. */
  resource: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,31}$/, 'must be a resource class such as cu'),
  /** Resource units of one lease: the needs below, normalised. */
  units: z.int().min(1).max(0xffff_ffff),
  /** Thousandths of a core, all containers together. */
  cpuMillis: count(1_000_000_000),
  memoryBytes: count(Number.MAX_SAFE_INTEGER),
  diskBytes: count(Number.MAX_SAFE_INTEGER),
  /** Sum of the files that come with the manifest. */
  blobBytes: count(MAX_BLOB_BYTES),
  /** Containers in one lease: `deploy.replicas` of all services. */
  containers: z.int().min(1).max(1024),
  ports: z.array(portSchema).max(MAX_SERVICES),
  /** GPU model asked for; absent for none. */
  gpu: z.string().min(1).max(64).optional(),
  /** What the workload may reach; absent for nothing. */
  network: z.enum(['internet']).optional(),
  /** Volumes of an earlier lease that it needs, by that lease's id; absent for none. */
  volumes: z.array(hash32).min(1).max(MAX_SERVICES).optional(),
})

/** A file that travels with the manifest, named by its content. */
export const blobSchema = z.strictObject({
  kind: z.literal('blob'),
  sha256: hash32,
  bytes: z.int().min(1).max(MAX_BLOB_BYTES),
})

/** Environment variables that a program can be given; `__proto__` is refused since it would vanish in a JSON object. */
export const envNamePattern = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.-]{0,127}$/

export const serviceSchema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9._-]{1,63}$/),
  image: blobSchema,
  /** What follows the program's name: Compose's `entrypoint`, then its `command`. */
  args: z.array(word(8192)).max(256),
  env: z
    .record(z.string().regex(envNamePattern), word(32_768))
    .refine((env) => Object.keys(env).length <= 256, 'has more than 256 variables'),
  /** The HTTP handler's port; absent for a command that runs to its end. */
  port: portSchema.optional(),
  /** Each container's limits. */
  cpuMillis: z.int().min(1).max(1_000_000),
  memoryBytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  /** Containers of this service within one lease. */
  replicas: z.int().min(1).max(1024),
})

/**
 * What to run. `brief` is public, a provider bids on it; the rest goes to the winner alone. `salt` keeps anybody from
 * guessing the private part from its hash.
 */
export const manifestSchema = z
  .strictObject({
    version: z.literal(MANIFEST_VERSION),
    brief: briefSchema,
    services: z.array(serviceSchema).min(1).max(MAX_SERVICES),
    salt: hash32,
  })
  .refine(({ services }) => new Set(services.map(({ name }) => name)).size === services.length, {
    message: 'two services have the same name',
    path: ['services'],
  })

/** The public part of a manifest: what a provider must know before it bids. */
export type Brief = z.infer<typeof briefSchema>
export type PortSpec = z.infer<typeof portSchema>
export type BlobSpec = z.infer<typeof blobSchema>
export type ServiceSpec = z.infer<typeof serviceSchema>
export type Manifest = z.infer<typeof manifestSchema>

/** Hash of a brief: keccak256 of its canonical JSON. */
export function briefHash(brief: Brief): Hex {
  return keccak256(stringToBytes(canonicalJson(brief)))
}

/** Hash of everything in a manifest but its brief. */
export function privateHash({ version, services, salt }: Manifest): Hex {
  return keccak256(stringToBytes(canonicalJson({ version, services, salt })))
}

/** What an order commits to, from its two halves: the public can check the brief without the rest. */
export function joinManifestHash(brief: Hex, rest: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }], [brief, rest]))
}

/** `Order.manifest` of a manifest. */
export function manifestHash(manifest: Manifest): Hex {
  return joinManifestHash(briefHash(manifest.brief), privateHash(manifest))
}
