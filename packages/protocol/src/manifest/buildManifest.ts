import { type Hex, sha256 } from 'viem'
import { type InputIssue, InvalidInputError } from '../errors.ts'
import { computeUnits } from '../units.ts'
import type { ParsedCompose } from './composeFile.ts'
import {
  type BlobSpec,
  type Brief,
  blobsOf,
  MANIFEST_VERSION,
  MAX_BLOB_BYTES,
  type Manifest,
  manifestSchema,
  type ServiceSpec,
} from './manifest.ts'

export type BuildManifestParameters = {
  /** Content of each of the parsed file's `files`, by its name as written. */
  blobs: ReadonlyMap<string, Uint8Array>
  /** Thirty-two random bytes that keep the private part from being guessed by its hash. */
  salt: Hex
}

export type BuiltManifest = {
  manifest: Manifest
  /** Why there are more units than the workload needs; absent if it fills them exactly. */
  rounded?: string | undefined
}

/**
 * Finishes a manifest: names its files by content and counts its units. The same file, content and salt give the same hash.
 *
 * @throws {InvalidInputError} if a file is missing, too large or not a Wasm module, or the manifest passes a bound.
 * @example
 * const { manifest, rounded } = buildManifest(parsed, { blobs: new Map([['./hello.wasm', bytes]]), salt })
 */
export function buildManifest(parsed: ParsedCompose, { blobs, salt }: BuildManifestParameters): BuiltManifest {
  const images = readImages(parsed, blobs)
  const services = Object.entries(parsed.services).map(
    ([name, { image, port, ...service }]): ServiceSpec => ({
      name,
      ...service,
      image: found(images, image),
      ports: port ? [{ target: port.target, protocol: 'http' }] : [],
    }),
  )
  services.sort((a, b) => (a.name < b.name ? -1 : 1))
  const { brief, rounded } = briefOf(parsed.tender.resource, services)
  const result = manifestSchema.safeParse({
    version: MANIFEST_VERSION,
    brief,
    services,
    volumes: [],
    salt: salt.toLowerCase(),
  })
  if (result.success) return { manifest: result.data, rounded }
  const issues = result.error.issues.map(({ path, message }) => ({ file: parsed.file, path: path.join('.'), message }))
  throw new InvalidInputError(`${parsed.file} is beyond what a manifest holds`, issues, { code: 'invalidManifest' })
}

function briefOf(resource: string, services: readonly ServiceSpec[]): { brief: Brief; rounded: string | undefined } {
  const sum = (value: (service: ServiceSpec) => number) =>
    services.reduce((total, service) => total + value(service), 0)
  const blobBytes = blobsOf(services).reduce((total, { bytes }) => total + bytes, 0)
  const needs = {
    cpuMillis: sum(({ cpuMillis, replicas }) => cpuMillis * replicas),
    memoryBytes: sum(({ memoryBytes, replicas }) => memoryBytes * replicas),
    diskBytes: blobBytes,
  }
  const { units, rounded } = computeUnits(needs)
  const ports = services.flatMap((service) => service.ports)
  const containers = sum(({ replicas }) => replicas)
  return {
    brief: { version: MANIFEST_VERSION, driver: 'wasm', resource, units, ...needs, blobBytes, containers, ports },
    rounded,
  }
}

function readImages({ file, files }: ParsedCompose, blobs: ReadonlyMap<string, Uint8Array>): Map<string, BlobSpec> {
  const issues: InputIssue[] = []
  const images = new Map<string, BlobSpec>()
  for (const name of files) {
    const content = blobs.get(name)
    const fault = imageFault(content)
    if (fault || !content) issues.push({ file, message: `${name} ${fault}` })
    // CAST: sha256 of bytes is hex by default
    else images.set(name, { kind: 'blob', sha256: sha256(content), bytes: content.length })
  }
  if (issues.length > 0) throw new InvalidInputError(`an image of ${file} cannot be used`, issues, { code: 'badImage' })
  return images
}

/** What every WebAssembly module begins with: `\0asm`. */
const wasmMagic = [0, 0x61, 0x73, 0x6d]

function imageFault(content: Uint8Array | undefined): string | undefined {
  if (!content) return 'does not exist'
  if (content.length > MAX_BLOB_BYTES) return `has ${content.length} bytes, the most is ${MAX_BLOB_BYTES}`
  return wasmMagic.every((byte, index) => content[index] === byte) ? undefined : 'is not a WebAssembly module'
}

function found<Value>(map: ReadonlyMap<string, Value>, key: string): Value {
  const value = map.get(key)
  if (value === undefined) throw new TypeError(`${key} was not read`)
  return value
}
