import type { MountedFile, ServiceSpec, WorkloadSpec } from '@tender/driver'
import { type Brief, blobsOf, type ContainerSpec, type Manifest, TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { Blobs } from './blobs.ts'

type ManifestService = Manifest['services'][number]
type Secrets = ReadonlyMap<string, Uint8Array>

export type WorkloadOptions = {
  /** What each secret holds, in clear, by name. */
  secrets?: Secrets | undefined
}

/**
 * A manifest as a driver takes it: images are the verified files they name. Pure but for the paths.
 *
 * @throws {TenderError} `secretMissing` if a service mounts a secret that is not given
 */
export function workloadOf(
  leaseId: Hex,
  { brief, services, volumes }: Manifest,
  blobs: Pick<Blobs, 'path'>,
  { secrets = new Map() }: WorkloadOptions = {},
): WorkloadSpec {
  return {
    leaseId,
    services: services.map((service) => serviceOf(service, blobs, secrets)),
    limits: { cpuMilli: brief.cpuMillis, memoryBytes: brief.memoryBytes, diskBytes: brief.diskBytes },
    ...(volumes.length > 0 && { volumes }),
    ...(brief.network && { network: brief.network }),
  }
}

function serviceOf(service: ManifestService, blobs: Pick<Blobs, 'path'>, secrets: Secrets): ServiceSpec {
  const { name, image, args, env, ports, replicas, cpuMillis, memoryBytes, container } = service
  return {
    name,
    shape: ports.some(({ protocol }) => protocol === 'http') ? 'http' : 'command',
    image: image.kind === 'blob' ? { kind: 'file', path: blobs.path(image.sha256) } : image,
    args,
    environment: env,
    replicas,
    cpuMilli: cpuMillis,
    memoryBytes,
    ...(ports.length > 0 && { ports }),
    ...(container && containerOf(container, secrets)),
  }
}

function containerOf({ files, secrets: mounts, ...same }: ContainerSpec, secrets: Secrets): Partial<ServiceSpec> {
  return {
    ...same,
    ...(files && {
      files: files.map(({ path, mode, base64 }) => ({ path, mode, content: Buffer.from(base64, 'base64') })),
    }),
    ...(mounts && { secrets: mounts.map(({ name, path, mode }) => mounted(path, mode, secrets.get(name), name)) }),
  }
}

function mounted(path: string, mode: number, content: Uint8Array | undefined, name: string): MountedFile {
  if (content) return { path, mode, content }
  throw new TenderError(`the secret ${name} is missing`, { code: 'secretMissing', class: 'user', data: { name } })
}

/**
 * Refuses a manifest whose private part needs more than its brief said: the provider bid on the brief.
 *
 * @throws {TenderError} `manifestExceedsBrief`
 */
export function checkAgainstBrief({ brief, services, volumes }: Manifest): void {
  const blobBytes = sum(blobsOf(services), ({ bytes }) => bytes)
  const needs = {
    cpuMillis: sum(services, ({ cpuMillis, replicas }) => cpuMillis * replicas),
    memoryBytes: sum(services, ({ memoryBytes, replicas }) => memoryBytes * replicas),
    diskBytes: blobBytes + sum(volumes, ({ sizeBytes }) => sizeBytes),
    containers: sum(services, ({ replicas }) => replicas),
    blobBytes,
  }
  for (const [what, asked] of Object.entries(needs)) {
    // CAST: `needs` has only keys of the brief
    const announced = brief[what as keyof typeof needs]
    if (asked > announced) throw exceeds(what, asked, announced)
  }
  const port = unannouncedPort(brief, services)
  if (port !== undefined) throw exceeds('port', port, brief.ports.map(portText).join(', ') || 'none')
}

/** The first port that the brief does not name, or names less often than services have it. */
function unannouncedPort({ ports }: Brief, services: readonly ManifestService[]): string | undefined {
  const announced = ports.map(portText)
  return services
    .flatMap((service) => service.ports.map(portText))
    .find((port) => {
      const at = announced.indexOf(port)
      if (at >= 0) announced.splice(at, 1)
      return at < 0
    })
}

function portText({ target, protocol }: Brief['ports'][number]): string {
  return `${target}/${protocol}`
}

function exceeds(what: string, asked: number | string, announced: number | string): TenderError {
  return new TenderError(`the services need ${what} ${asked}, the brief announced ${announced}`, {
    code: 'manifestExceedsBrief',
    class: 'user',
    data: { what, asked, announced },
  })
}

function sum<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((total, item) => total + amount(item), 0)
}
