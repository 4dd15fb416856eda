import { formatSize } from '../units.ts'
import type { ContainerService } from './containerService.ts'
import { findCycle } from './findCycle.ts'
import type { VolumeSpec } from './manifest.ts'
import type { ConfigSource, ParsedContainer, ParsedService, SecretSource } from './parsedCompose.ts'
import { clashingMount, mountPathFault } from './paths.ts'
import { defaultLimits } from './written.ts'
import type { YamlPath } from './yamlFile.ts'

/** What a named volume may hold if the file does not say. */
const DEFAULT_VOLUME_BYTES = 1024 ** 3

/** What a tmpfs may hold if the file does not say, or the container's memory if that is less: it counts to it. */
const DEFAULT_TMPFS_BYTES = 64 * 1024 ** 2

const DEFAULT_MODE = 0o444

/** What stands at the top of a file, by name. */
export type ContainerFile = {
  services: Readonly<Record<string, ContainerService>>
  volumes: Readonly<Record<string, { sizeBytes?: number | undefined }>>
  configs: Readonly<Record<string, ConfigSource>>
  secrets: Readonly<Record<string, SecretSource>>
}

type Remark = { path: YamlPath; message: string }

export type LinkedContainers = {
  services: Record<string, ParsedService>
  volumes: VolumeSpec[]
  secrets: Record<string, SecretSource>
  faults: Remark[]
  notes: Remark[]
}

/** Follows every name in a file of containers: what services wait for, mount and are given. */
export function linkContainers(file: ContainerFile): LinkedContainers {
  const entries = Object.entries(file.services)
  const services = Object.fromEntries(entries.map(([name, service]) => [name, parsedService(service, file)]))
  const usedBy = (names: (service: ContainerService) => string[]) =>
    new Set(Object.values(file.services).flatMap(names))
  const volumes = usedBy((service) => volumesOf(service).map(({ source }) => source))
  const secrets = usedBy((service) => (service.secrets ?? []).map(({ source }) => source))
  const configs = usedBy((service) => (service.configs ?? []).map(({ source }) => source))
  const unused = (kind: 'volumes' | 'secrets' | 'configs', used: ReadonlySet<string>): Remark[] =>
    Object.keys(file[kind])
      .filter((name) => !used.has(name))
      .map((name) => ({ path: [kind, name], message: 'has no effect: no service uses it' }))
  return {
    services,
    volumes: Object.entries(file.volumes).flatMap(([name, { sizeBytes }]) =>
      volumes.has(name) ? [{ name, sizeBytes: sizeBytes ?? DEFAULT_VOLUME_BYTES }] : [],
    ),
    secrets: Object.fromEntries(Object.entries(file.secrets).filter(([name]) => secrets.has(name))),
    faults: [
      ...sameNames(entries.map(([name]) => name)),
      ...entries.flatMap(([name, service]) => serviceFaults(name, service, file)),
      ...circle(file.services),
    ],
    notes: [
      ...unused('volumes', volumes),
      ...unused('secrets', secrets),
      ...unused('configs', configs),
      ...sharedGpus(file.services),
    ],
  }
}

function serviceFaults(name: string, service: ContainerService, file: ContainerFile): Remark[] {
  const at = (path: YamlPath, message: string): Remark => ({ path: ['services', name, ...path], message })
  const unknown = (key: 'volumes' | 'configs' | 'secrets', index: number, source: string) =>
    Object.hasOwn(file[key], source)
      ? []
      : [at([key, index], `${source} is not declared under ${key} at the top of the file`)]
  return [
    ...(service.volumes ?? []).flatMap((one, index) =>
      one.type === 'volume' ? unknown('volumes', index, one.source) : [],
    ),
    ...(service.configs ?? []).flatMap(({ source }, index) => unknown('configs', index, source)),
    ...(service.secrets ?? []).flatMap(({ source }, index) => unknown('secrets', index, source)),
    ...(service.depends_on ?? []).flatMap(({ service: other, until, at: place }) => {
      if (other === name) return [at(['depends_on', place], 'a service cannot wait for itself')]
      if (!Object.hasOwn(file.services, other)) return [at(['depends_on', place], `no service is called ${other}`)]
      if (until !== 'healthy' || file.services[other]?.healthcheck !== 'none') return []
      return [at(['depends_on', place], `${other} has no health check`)]
    }),
    ...(service.ports ?? []).flatMap(({ target }, index, ports) =>
      ports.findIndex((port) => port.target === target) < index
        ? [at(['ports', index], `${target} is there twice`)]
        : [],
    ),
    ...programFaults(service).map(({ path, message }) => at(path, message)),
    ...mountFaults(service).map(({ path, message }) => at(path, message)),
  ]
}

function programFaults({ entrypoint, command }: ContainerService): Remark[] {
  if (entrypoint?.length === 0 && !command?.length)
    return [{ path: ['entrypoint'], message: 'is empty: then command has to name the program' }]
  if (command?.length === 0 && !entrypoint)
    return [{ path: ['command'], message: "is empty: write an entrypoint to take the place of the image's command" }]
  return []
}

type Placed = { path: string; isFile: boolean; place: YamlPath }

function mountFaults(service: ContainerService): Remark[] {
  const placed: Placed[] = [
    ...(service.volumes ?? []).map(({ path }, at) => ({ path, isFile: false, place: ['volumes', at] })),
    ...(service.tmpfs ?? []).map(({ path }, at) => ({ path, isFile: false, place: ['tmpfs', at] })),
    ...(service.shm_size === undefined ? [] : [{ path: '/dev/shm', isFile: false, place: ['shm_size'] }]),
    ...(service.configs ?? []).map((file, at) => ({ path: configPath(file), isFile: true, place: ['configs', at] })),
    ...(service.secrets ?? []).map((file, at) => ({ path: secretPath(file), isFile: true, place: ['secrets', at] })),
  ]
  const faults = placed.flatMap(({ path, place }): Remark[] => {
    const message = mountPathFault(path)
    return message ? [{ path: place, message: `${path} ${message}` }] : []
  })
  const clash = clashingMount(placed)
  const clashing = clash && placed[clash.at]
  if (clashing) {
    const { path, place } = clashing
    const message =
      path === clash.with ? `something else is at ${path} already` : `${path} is in the way of ${clash.with}`
    faults.push({ path: place, message })
  }
  const memoryBytes = service.memoryBytes ?? defaultLimits.memoryBytes
  const inMemory = tmpfsOf(service).reduce((total, { sizeBytes }) => total + sizeBytes, 0)
  if (inMemory > memoryBytes) {
    const message = `tmpfs of ${formatSize(inMemory)} do not fit into ${formatSize(memoryBytes)} of memory, to which they count`
    faults.push({ path: [service.tmpfs ? 'tmpfs' : service.shm_size === undefined ? 'volumes' : 'shm_size'], message })
  }
  return faults
}

/** Cards belong to a lease, so that they are its services' in common. */
function sharedGpus(services: ContainerFile['services']): Remark[] {
  const names = Object.keys(services)
  const message = 'every service of the lease sees its GPUs'
  return names
    .filter((name) => names.length > 1 && (services[name]?.gpus ?? 0) > 0)
    .map((name) => ({ path: ['services', name, 'deploy', 'resources', 'reservations', 'devices'], message }))
}

/** Names in a private network do not tell upper case from lower. */
function sameNames(names: readonly string[]): Remark[] {
  const lower = names.map((name) => name.toLowerCase())
  return names.flatMap((name, at) =>
    lower.indexOf(name.toLowerCase()) < at
      ? [{ path: ['services', name], message: 'another service has this name but for upper case' }]
      : [],
  )
}

function circle(services: ContainerFile['services']): Remark[] {
  const waits = Object.entries(services).map(
    ([name, { depends_on }]) =>
      [name, (depends_on ?? []).map(({ service }) => service).filter((other) => other !== name)] as const,
  )
  const cycle = findCycle(new Map(waits))
  return cycle ? [{ path: ['services', cycle[0] ?? '', 'depends_on'], message: `${cycle.join(' waits for ')}` }] : []
}

function parsedService(service: ContainerService, file: ContainerFile): ParsedService {
  const { entrypoint, command = [] } = service
  const replacesBoth = entrypoint?.length === 0
  return {
    image: service.image,
    args: replacesBoth ? [] : command,
    env: service.environment ?? {},
    envFiles: service.env_file ?? [],
    ports: service.ports ?? [],
    cpuMillis: service.cpuMillis ?? defaultLimits.cpuMillis,
    memoryBytes: service.memoryBytes ?? defaultLimits.memoryBytes,
    replicas: service.replicas ?? 1,
    gpus: service.gpus,
    container: parsedContainer(service, replacesBoth ? command : entrypoint, file),
  }
}

function parsedContainer(
  service: ContainerService,
  entrypoint: string[] | undefined,
  { configs }: ContainerFile,
): ParsedContainer {
  const { depends_on: dependsOn, restartWhen } = service
  const volumes = volumesOf(service).map(({ source, path, readOnly }) => ({ volume: source, path, readOnly }))
  const tmpfs = tmpfsOf(service)
  const secrets = (service.secrets ?? []).map((file) => ({
    name: file.source,
    path: secretPath(file),
    mode: file.mode ?? DEFAULT_MODE,
  }))
  const files = (service.configs ?? []).flatMap((file) => {
    const source = configs[file.source]
    return source ? [{ path: configPath(file), mode: file.mode ?? DEFAULT_MODE, source }] : []
  })
  return {
    ...(entrypoint && { entrypoint }),
    ...(service.working_dir !== undefined && { workingDirectory: service.working_dir }),
    ...(service.user !== undefined && { user: service.user }),
    ...(service.healthcheck && { healthcheck: service.healthcheck }),
    ...(dependsOn?.length && {
      dependsOn: Object.fromEntries(dependsOn.map(({ service, until }) => [service, until])),
    }),
    ...(restartWhen && restartWhen !== 'never' && { restart: restartWhen }),
    ...(volumes.length > 0 && { volumes: byPath(volumes) }),
    ...(tmpfs.length > 0 && { tmpfs: byPath(tmpfs) }),
    ...(secrets.length > 0 && { secrets: byPath(secrets) }),
    ...(service.stop_signal !== undefined && { stopSignal: service.stop_signal }),
    ...(service.stop_grace_period !== undefined && { stopGraceMs: service.stop_grace_period }),
    files: byPath(files),
  }
}

function volumesOf({ volumes }: ContainerService) {
  return (volumes ?? []).flatMap((one) => (one.type === 'volume' ? [one] : []))
}

function tmpfsOf({ volumes, tmpfs, shm_size, memoryBytes = defaultLimits.memoryBytes }: ContainerService) {
  const written = [...(volumes ?? []), ...(tmpfs ?? [])].flatMap((one) => (one.type === 'tmpfs' ? [one] : []))
  const sized = written.map(({ path, sizeBytes }) => ({
    path,
    sizeBytes: sizeBytes ?? Math.min(DEFAULT_TMPFS_BYTES, memoryBytes),
  }))
  return shm_size === undefined ? sized : [...sized, { path: '/dev/shm', sizeBytes: shm_size }]
}

type Reference = { source: string; target?: string | undefined }

function configPath({ source, target = source }: Reference): string {
  return target.startsWith('/') ? target : `/${target}`
}

function secretPath({ source, target = source }: Reference): string {
  return target.startsWith('/') ? target : `/run/secrets/${target}`
}

/** The order in which mounts are written means nothing, so it must not change the hash. */
function byPath<Mount extends { path: string }>(mounts: readonly Mount[]): Mount[] {
  return mounts.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}
