import type { Hex } from 'viem'
import { type InputIssue, InvalidInputError } from '../errors.ts'
import { computeUnits } from '../units.ts'
import { type BlobFacts, imageFault } from './blobFacts.ts'
import { parseEnvFile } from './envFile.ts'
import { type JobParameters, jobDiskBytes, jobOf } from './jobManifest.ts'
import type { JobBrief, JobSpec } from './jobSchemas.ts'
import {
  type Brief,
  blobsOf,
  type ContainerSpec,
  type ImageSpec,
  MANIFEST_VERSION,
  MAX_MANIFEST_BYTES,
  type Manifest,
  manifestSchema,
  type ServiceSpec,
} from './manifest.ts'
import type { ConfigSource, ParsedCompose, ParsedContainer, ParsedService, WrittenImage } from './parsedCompose.ts'

export type BuildManifestParameters = {
  /** The facts about each of the parsed file's images, by its name as written; absent for one that does not exist. */
  images: ReadonlyMap<string, BlobFacts>
  /** Content of its files of variables and configs, by name as written; absent for one that does not exist. */
  files?: ReadonlyMap<string, Uint8Array> | undefined
  /** The tenant's own variables that it names; absent for one that is not set. */
  variables?: ReadonlyMap<string, string> | undefined
  /** Thirty-two random bytes that keep the private part from being guessed by its hash. */
  salt: Hex
  /** A lease whose volumes the new one takes over, if it has any. */
  volumesOf?: Hex | undefined
  /** For a file with `x-tender.job`, and only for one. */
  job?: JobParameters | undefined
}

export type BuiltManifest = {
  manifest: Manifest
  /** Why there are more units than the workload needs; absent if it fills them exactly. */
  rounded?: string | undefined
}

/**
 * Finishes a manifest: names its images by content, puts in what its files hold and counts its units. The same file, content
 * and salt give the same hash.
 *
 * @throws {InvalidInputError} if a file is missing, too large or not what it should be, or the manifest passes a bound.
 * @example
 * const { manifest, rounded } = buildManifest(parsed, { images: new Map([['./hello.wasm', blobFacts(bytes)]]), salt })
 */
export function buildManifest(parsed: ParsedCompose, parameters: BuildManifestParameters): BuiltManifest {
  const issues: InputIssue[] = []
  const services = Object.entries(parsed.services).map(([name, service]) =>
    serviceSpec(name, service, parsed, parameters, issues),
  )
  const job = jobPart(parsed, parameters, issues)
  if (issues.length > 0) throw unusable(`a file that ${parsed.file} names cannot be used`, issues, 'badFile')
  services.sort((a, b) => (a.name < b.name ? -1 : 1))
  const volumes = parsed.volumes.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const { brief, rounded } = briefOf(parsed, services, job, parameters.volumesOf)
  const salt = parameters.salt.toLowerCase()
  const result = manifestSchema.safeParse({
    version: MANIFEST_VERSION,
    brief,
    services,
    volumes,
    ...(job && { job: job.spec }),
    salt,
  })
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => ({
      file: parsed.file,
      path: path.join('.'),
      message,
    }))
    throw unusable(`${parsed.file} is beyond what a manifest holds`, faults, 'invalidManifest')
  }
  const bytes = new TextEncoder().encode(JSON.stringify(result.data)).length
  if (bytes <= MAX_MANIFEST_BYTES) return { manifest: result.data, rounded }
  const message = `it has ${bytes} bytes with its configs, the most is ${MAX_MANIFEST_BYTES}: put large files into an image or a volume`
  throw unusable(`${parsed.file} is beyond what a manifest holds`, [{ file: parsed.file, message }], 'invalidManifest')
}

/** Both parts of a job; `undefined` for a service. */
function jobPart(
  { tender, services, file }: ParsedCompose,
  { job: parameters, images }: BuildManifestParameters,
  issues: InputIssue[],
): { spec: JobSpec; brief: JobBrief } | undefined {
  if (!tender.job) return undefined
  if (!parameters) throw new TypeError('a manifest of a job takes `job` among its parameters')
  const [gpus = 0] = Object.values(services).map((service) => service.gpus)
  const refuse = (message: string) => issues.push({ file, message })
  return jobOf(tender.job, tender, parameters, { images, gpus, refuse })
}

function unusable(what: string, issues: readonly InputIssue[], code: string): InvalidInputError {
  const once = new Map(issues.map((issue) => [JSON.stringify(issue), issue]))
  return new InvalidInputError(what, [...once.values()], { code })
}

function serviceSpec(
  name: string,
  { envFiles, env, image, container, gpus: _, ports, ...service }: ParsedService,
  parsed: ParsedCompose,
  parameters: BuildManifestParameters,
  issues: InputIssue[],
): ServiceSpec {
  const refuse = (message: string) => issues.push({ file: parsed.file, message })
  return {
    name,
    ...service,
    image: imageSpec(image, parsed.driver, parameters, refuse),
    env: { ...variablesOf(envFiles, parameters, issues, refuse), ...env },
    ports: ports.map(({ target, protocol }) => ({ target, protocol })),
    ...(container && { container: containerSpec(container, parameters, refuse) }),
  }
}

type Refuse = (message: string) => void

function imageSpec(
  image: WrittenImage,
  driver: ParsedCompose['driver'],
  { images }: BuildManifestParameters,
  refuse: Refuse,
): ImageSpec {
  if (image.kind === 'registry') return image
  const facts = images.get(image.path)
  const fault = imageFault(driver, facts)
  if (fault) refuse(`${image.path} ${fault}`)
  return { kind: 'blob', sha256: facts?.sha256 ?? '0x', bytes: facts?.bytes ?? 0 }
}

function variablesOf(
  envFiles: ParsedService['envFiles'],
  { files }: BuildManifestParameters,
  issues: InputIssue[],
  refuse: Refuse,
): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const { path, required } of envFiles) {
    const content = files?.get(path)
    if (!content && required) refuse(`${path} does not exist`)
    if (!content) continue
    try {
      Object.assign(variables, parseEnvFile(new TextDecoder().decode(content), path))
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      issues.push(...error.issues)
    }
  }
  return variables
}

function containerSpec(
  { files, ...container }: ParsedContainer,
  parameters: BuildManifestParameters,
  refuse: Refuse,
): ContainerSpec {
  if (files.length === 0) return container
  const given = files.map(({ path, mode, source }) => ({
    path,
    mode,
    base64: base64(configOf(source, parameters, refuse)),
  }))
  return { ...container, files: given }
}

/** Largest config: all of a manifest has to fit into one message. */
const MAX_CONFIG_BYTES = MAX_MANIFEST_BYTES / 2

function configOf(source: ConfigSource, parameters: BuildManifestParameters, refuse: Refuse): Uint8Array {
  const content = contentOf(source, parameters, refuse)
  if (content.length <= MAX_CONFIG_BYTES) return content
  const name = 'file' in source ? source.file : 'a config'
  refuse(
    `${name} has ${content.length} bytes, the most for a config is ${MAX_CONFIG_BYTES}: put large files into an image`,
  )
  return new Uint8Array()
}

function contentOf(source: ConfigSource, { files, variables }: BuildManifestParameters, refuse: Refuse): Uint8Array {
  if ('file' in source) {
    const content = files?.get(source.file)
    if (!content) refuse(`${source.file} does not exist`)
    return content ?? new Uint8Array()
  }
  const text = 'content' in source ? source.content : variables?.get(source.variable)
  if (text === undefined && 'variable' in source)
    refuse(`the variable ${source.variable}, of which a config is made, is not set`)
  return new TextEncoder().encode(text ?? '')
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

function briefOf(
  { tender, driver, volumes, services: parsed }: ParsedCompose,
  services: readonly ServiceSpec[],
  job: { spec: JobSpec; brief: JobBrief } | undefined,
  volumesOf: Hex | undefined,
): { brief: Brief; rounded: string | undefined } {
  const blobBytes = sum(blobsOf(services), ({ bytes }) => bytes)
  const needs = {
    cpuMillis: sum(services, ({ cpuMillis, replicas }) => cpuMillis * replicas),
    memoryBytes: sum(services, ({ memoryBytes, replicas }) => memoryBytes * replicas),
    diskBytes: job
      ? Math.max(blobBytes, jobDiskBytes(job, tender.replicas))
      : blobBytes + sum(volumes, ({ sizeBytes }) => sizeBytes),
  }
  const gpus = sum(Object.values(parsed), ({ gpus, replicas }) => gpus * replicas)
  const { units, rounded } = gpus > 0 ? { units: gpus, rounded: undefined } : computeUnits(needs)
  const brief: Brief = {
    version: MANIFEST_VERSION,
    driver,
    resource: tender.resource,
    units,
    ...needs,
    blobBytes,
    containers: sum(services, ({ replicas }) => replicas),
    ports: services.flatMap(({ ports }) => ports),
    ...(gpus > 0 && { gpu: tender.resource.replace(/^gpu\./, '') }),
    ...(tender.network && { network: tender.network }),
    ...(volumesOf && volumes.length > 0 && { volumesOf }),
    ...(job && { job: job.brief }),
  }
  return { brief, rounded }
}

function sum<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((total, item) => total + amount(item), 0)
}
