import { createHash, createHmac } from 'node:crypto'
import type { LeaseId, MountedFile, ServiceSpec, WorkloadSpec } from '@tender/driver'
import { canonicalJson } from '@tender/protocol'
import type { Member, Plan, PlannedService } from './record.ts'

/** Most containers of one lease: its network has 61 addresses, and an update needs two for each container. */
export const MOST_CONTAINERS = 30

export type PlanOptions = {
  /** Known to this host's memory alone: what hashes of secrets are keyed with, for they are written to disk. */
  readonly secretKey: Uint8Array
  /** What the lease runs already: members that stay keep their addresses, and no address of these is given away. */
  readonly existing?: readonly Member[]
}

/**
 * What is to run for a spec. A container whose configuration does not change keeps its name, and so itself.
 *
 * @example
 * const { members } = planOf(spec, { secretKey })
 * // [{ name: 'tender-9a…-web-0-5b1c…', service: 'web', replica: 0, hash: '5b1c…', address: 0 }]
 */
export function planOf(spec: WorkloadSpec, { secretKey, existing = [] }: PlanOptions): Plan {
  const addresses = new Map(existing.map(({ name, address }) => [name, address]))
  const free = freeAddresses(new Set(addresses.values()))
  const hashes = new Map(spec.services.map((service) => [service.name, configHash(service, spec, secretKey)]))
  const members = spec.services.flatMap(({ name: service, replicas }) =>
    Array.from({ length: replicas }, (_, replica): Member => {
      const hash = hashes.get(service) ?? ''
      const name = containerName(spec.leaseId, service, replica, hash)
      return { name, service, replica, hash, address: addresses.get(name) ?? free.next().value ?? 0 }
    }),
  )
  const services = spec.services.map(plannedService)
  const shape = services.map((service, index) => ({ ...service, replicas: spec.services[index]?.replicas ?? 0 }))
  const volumes = (spec.volumes ?? []).map(({ name, sizeBytes }) => ({ name, sizeBytes }))
  const whole = canonicalJson({
    services: shape,
    hashes: [...hashes.values()],
    volumes,
    internet: spec.network ?? null,
  })
  return {
    specHash: sha256(whole),
    services,
    members,
    ...(spec.limits.runMs !== undefined && { runMs: spec.limits.runMs }),
  }
}

/** Deterministic: whoever starts a lease, and whenever, makes the same container. */
function containerName(leaseId: LeaseId, service: string, replica: number, hash: string): string {
  return `tender-${leaseId.slice(2)}-${service}-${replica}-${hash.slice(0, 12)}`
}

function* freeAddresses(taken: ReadonlySet<number>): Generator<number, undefined> {
  for (let index = 0; ; index++) if (!taken.has(index)) yield index
}

function plannedService(service: ServiceSpec): PlannedService {
  const { name, shape, ports = [], dependsOn = {}, restart, stopGraceMs, volumes = [] } = service
  return {
    name,
    shape,
    ports: ports.map(({ target, protocol }) => ({ target, protocol })),
    dependsOn: { ...dependsOn },
    restart: restart?.when ?? 'never',
    ...(restart?.maxRetries !== undefined && { maxRetries: restart.maxRetries }),
    ...(stopGraceMs !== undefined && { stopGraceMs }),
    writes: volumes.some(({ readOnly }) => !readOnly),
  }
}

/** Everything that a container of the service is made from. Where it differs the container has to be another. */
function configHash(service: ServiceSpec, spec: WorkloadSpec, secretKey: Uint8Array): string {
  const { name, replicas: _, dependsOn: __, ports: ___, files = [], secrets = [], ...rest } = service
  const digests = (list: readonly MountedFile[], digest: (content: Uint8Array) => string) =>
    list.map(({ path, mode, content }) => ({ path, mode, content: digest(content) }))
  const config = {
    ...rest,
    name,
    cpuMilli: service.cpuMilli ?? spec.limits.cpuMilli,
    memoryBytes: service.memoryBytes ?? spec.limits.memoryBytes,
    files: digests(files, (content) => sha256(content)),
    secrets: digests(secrets, (content) => createHmac('sha256', secretKey).update(content).digest('hex')),
    gpus: spec.gpus ?? [],
  }
  // Through JSON: it drops keys that are there without a value.
  return sha256(canonicalJson(JSON.parse(JSON.stringify(config))))
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** Services in the order of their starts: those in one group wait for none of the same or a later group. */
export function startOrder(services: readonly PlannedService[]): PlannedService[][] {
  const groups: PlannedService[][] = []
  const done = new Set<string>()
  let rest = [...services]
  while (rest.length > 0) {
    const isReady = ({ dependsOn }: PlannedService) => Object.keys(dependsOn).every((name) => done.has(name))
    const ready = rest.filter(isReady)
    // A circle is refused before; what waits for itself must not hang the stopping of others.
    const group = ready.length > 0 ? ready : rest
    for (const { name } of group) done.add(name)
    rest = rest.filter((service) => !group.includes(service))
    groups.push(group)
  }
  return groups
}

/** Why the services cannot wait for each other as they say, or `undefined`. */
export function badDependencies(services: readonly ServiceSpec[]): string | undefined {
  const names = new Set(services.map(({ name }) => name))
  for (const { name, dependsOn = {} } of services) {
    const unknown = Object.keys(dependsOn).find((other) => !names.has(other))
    if (unknown !== undefined) return `service ${name} waits for ${unknown}, which is none of its services`
  }
  const done = new Set<string>()
  for (let before = -1; before < done.size; ) {
    before = done.size
    for (const { name, dependsOn = {} } of services)
      if (Object.keys(dependsOn).every((other) => done.has(other))) done.add(name)
  }
  const stuck = services.find(({ name }) => !done.has(name))
  return stuck && `service ${stuck.name} waits for itself, through what it waits for`
}
