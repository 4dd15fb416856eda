import { encodeAbiParameters, type Hex, keccak256, stringToBytes } from 'viem'
import { z } from 'zod'
import { canonicalJson } from './canonicalJson.ts'
import { isPublicRegistry } from './imageReference.ts'
import { jobBriefSchema, jobSpecSchema } from './jobSchemas.ts'
import { manifestFaults } from './manifestFaults.ts'
import { blobSchema, count, hash32, MAX_BLOB_BYTES, word } from './parts.ts'
import { isPlainPath, mountPathFault } from './paths.ts'

export { type JobBrief, type JobSpec, MAX_TASKS, MAX_VALIDATORS } from './jobSchemas.ts'
export { blobSchema, MAX_BLOB_BYTES } from './parts.ts'

/** Version of the manifest's format; hashes of different versions never meet. */
export const MANIFEST_VERSION = 2

/** Largest manifest as JSON: what a provider reads from a stream before it knows whether it is worth anything. */
export const MAX_MANIFEST_BYTES = 256 * 1024

/** Most services in one manifest. */
export const MAX_SERVICES = 32

/** Most ports of all its services together. */
export const MAX_PORTS = 64

/** Most volumes, and most files, secrets or mounts of one service. */
export const MAX_MOUNTS = 64

/** Where something is mounted in a container. */
const mountPath = z.string().superRefine((path, context) => {
  const message = mountPathFault(path)
  if (message) context.addIssue({ code: 'custom', message })
})
const name63 = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/,
    'must be a name of letters, digits, . _ and - that begins with one of the first two',
  )

/**
 * A port on which a service listens. `http`: the provider's ingress brings requests. `tls`: it passes connections on by their
 * server name, still encrypted. `tcp`: only the tenant's tunnels reach it.
 */
export const portSchema = z.strictObject({
  /** Port in the workload; for Wasm it is only a name, requests come on stdin. */
  target: z.int().min(1).max(65_535),
  protocol: z.enum(['http', 'tls', 'tcp']),
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
  ports: z.array(portSchema).max(MAX_PORTS),
  /** GPU model asked for, one for each unit; absent for none. */
  gpu: z.string().min(1).max(64).optional(),
  /** What the workload may reach; absent for nothing. */
  network: z.enum(['internet']).optional(),
  /** An earlier lease whose volumes it needs: only the provider that has them can serve it; absent for none. */
  volumesOf: hash32.optional(),
  /** What the lease delivers; absent for a service. */
  job: jobBriefSchema.optional(),
})

/** An image that the provider fetches: registry, repository, and a tag or (better: it cannot change) a digest. */
export const registryImageSchema = z.strictObject({
  kind: z.literal('registry'),
  reference: z
    .string()
    .max(512)
    .regex(
      /^[a-z0-9.-]+(:\d{1,5})?\/[a-z0-9._/-]+(:[\w.-]{1,128})?(@sha256:[0-9a-f]{64})?$/,
      'must be an image such as docker.io/library/nginx:1.29',
    )
    .refine(isPublicRegistry, 'must be at a public registry: a provider fetches nothing from its own network'),
})
export const imageSchema = z.discriminatedUnion('kind', [blobSchema, registryImageSchema])

/** A named volume; its content stays as long as the lease, and a while longer for the lease that replaces it. */
export const volumeSchema = z.strictObject({
  name: name63,
  sizeBytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
})

const mode = z.int().min(0).max(0o777)
const milliseconds = z.int().min(0).max(86_400_000)

export const healthcheckSchema = z.strictObject({
  /** Runs in the container; well if it exits with 0. */
  command: z.array(word(8192)).min(1).max(256),
  intervalMs: milliseconds,
  timeoutMs: milliseconds,
  retries: z.int().min(1).max(1000),
  startPeriodMs: milliseconds,
})

/** What only containers have; none of it for Wasm. */
export const containerSchema = z.strictObject({
  /** Absent: the image's own. */
  entrypoint: z.array(word(8192)).min(1).max(256).optional(),
  workingDirectory: z.string().refine(isPlainPath, 'must be an absolute path').optional(),
  user: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]{1,64}(:[a-zA-Z0-9_.-]{1,64})?$/)
    .optional(),
  /** Absent: the image's own. `none`: not even that. */
  healthcheck: z.union([healthcheckSchema, z.literal('none')]).optional(),
  /** What it waits for in other services, by their names. */
  dependsOn: z.record(name63, z.enum(['started', 'healthy', 'completed'])).optional(),
  restart: z
    .strictObject({ when: z.enum(['failed', 'always']), maxRetries: z.int().min(1).max(1_000_000).optional() })
    .optional(),
  volumes: z
    .array(z.strictObject({ volume: name63, path: mountPath, readOnly: z.boolean() }))
    .max(MAX_MOUNTS)
    .optional(),
  tmpfs: z
    .array(z.strictObject({ path: mountPath, sizeBytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER) }))
    .max(MAX_MOUNTS)
    .optional(),
  /** Compose's configs. */
  files: z
    .array(z.strictObject({ path: mountPath, mode, base64: z.base64().max(MAX_MANIFEST_BYTES) }))
    .max(MAX_MOUNTS)
    .optional(),
  /** Secrets by name; what they hold travels sealed beside the manifest and is in no hash, see `seal`. */
  secrets: z
    .array(z.strictObject({ name: name63, path: mountPath, mode }))
    .max(MAX_MOUNTS)
    .optional(),
  stopSignal: z
    .string()
    .regex(/^SIG[A-Z0-9+]{1,10}$/)
    .optional(),
  stopGraceMs: milliseconds.optional(),
})

/** Environment variables that a program can be given; `__proto__` is refused since it would vanish in a JSON object. */
export const envNamePattern = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.-]{0,127}$/

export const serviceSchema = z.strictObject({
  name: name63,
  image: imageSchema,
  /** What follows the program's name: Compose's `entrypoint`, then its `command`. */
  args: z.array(word(8192)).max(256),
  env: z
    .record(z.string().regex(envNamePattern), word(32_768))
    .refine((env) => Object.keys(env).length <= 256, 'has more than 256 variables'),
  /** Where it listens; none for a command. */
  ports: z.array(portSchema).max(MAX_PORTS),
  /** Each container's limits. */
  cpuMillis: z.int().min(1).max(1_000_000),
  memoryBytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  /** Containers of this service within one lease. */
  replicas: z.int().min(1).max(1024),
  container: containerSchema.optional(),
})

const privateParts = {
  version: z.literal(MANIFEST_VERSION),
  services: z.array(serviceSchema).min(1).max(MAX_SERVICES),
  volumes: z.array(volumeSchema).max(MAX_MOUNTS),
  /** How its one service is run for each task; absent for what runs until the lease ends. */
  job: jobSpecSchema.optional(),
  salt: hash32,
}

/** Everything in a manifest but its brief. */
export const privateSchema = z.strictObject(privateParts)

/**
 * What to run. `brief` is public, a provider bids on it; the rest goes to the winner alone. `salt` keeps anybody from
 * guessing the private part from its hash.
 */
export const manifestSchema = z
  .strictObject({ ...privateParts, brief: briefSchema })
  .superRefine((manifest, context) => {
    for (const fault of manifestFaults(manifest)) context.addIssue({ code: 'custom', ...fault })
  })

/** The public part of a manifest: what a provider must know before it bids. */
export type Brief = z.infer<typeof briefSchema>
export type PortSpec = z.infer<typeof portSchema>
export type BlobSpec = z.infer<typeof blobSchema>
export type ImageSpec = z.infer<typeof imageSchema>
export type VolumeSpec = z.infer<typeof volumeSchema>
export type ContainerSpec = z.infer<typeof containerSchema>
export type ServiceSpec = z.infer<typeof serviceSchema>
export type Manifest = z.infer<typeof manifestSchema>

/** Hash of a brief: keccak256 of its canonical JSON. */
export function briefHash(brief: Brief): Hex {
  return keccak256(stringToBytes(canonicalJson(brief)))
}

/** Everything in a manifest but its brief, as canonical JSON. */
export function privateText({ version, services, volumes, salt, job }: Omit<Manifest, 'brief'>): string {
  return canonicalJson({ version, services, volumes, salt, job })
}

/** Hash of everything in a manifest but its brief: keccak256 of {@link privateText}. */
export function privateHash(manifest: Omit<Manifest, 'brief'>): Hex {
  return keccak256(stringToBytes(privateText(manifest)))
}

/** What an order commits to, from its two halves: the public can check the brief without the rest. */
export function joinManifestHash(brief: Hex, rest: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }], [brief, rest]))
}

/** `Order.manifest` of a manifest. */
export function manifestHash(manifest: Manifest): Hex {
  return joinManifestHash(briefHash(manifest.brief), privateHash(manifest))
}

/** The files that come with services, each content once. */
export function blobsOf(services: readonly Pick<ServiceSpec, 'image'>[]): BlobSpec[] {
  const blobs = services.flatMap(({ image }) => (image.kind === 'blob' ? [image] : []))
  return [...new Map(blobs.map((blob) => [blob.sha256, blob])).values()]
}
