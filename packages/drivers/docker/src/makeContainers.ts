import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeaseId, ServiceSpec, WorkloadSpec } from '@tender/driver'
import type Docker from 'dockerode'
import { LABELS } from './containers.ts'
import { ignore } from './engine.ts'
import { gpuEnvironment } from './gpu.ts'
import type { Host } from './host.ts'
import type { ImageFacts } from './images.ts'
import { hostConfigOf } from './isolation/hostConfig.ts'
import { imageUser } from './isolation/imageUser.ts'
import type { HostMount, LeaseNetwork, Owner } from './isolation/types.ts'
import type { VolumeRequest } from './isolation/volumes.ts'
import { logConfigOf } from './logFiles.ts'
import type { Member } from './record.ts'
import { statusOf } from './statusOf.ts'

type Service = { readonly spec: ServiceSpec; readonly image: ImageFacts; readonly owner: Owner }

/** Everything that the containers of a spec need to be there before them. */
export type Prepared = {
  readonly spec: WorkloadSpec
  readonly network: LeaseNetwork
  readonly services: ReadonlyMap<string, Service>
  /** Folders of the host by the names of volumes. */
  readonly folders: ReadonlyMap<string, string>
}

/** Workloads find their lease's id here, as under other drivers. */
const LEASE_VARIABLE = 'TENDER_LEASE'
const NANOSECONDS = 1_000_000
/** Another engine's tidying, or ours for another lease, can come between an image and its first container. */
const MOST_TRIES = 3

/** Images, network and volumes. Idempotent. @throws {InvalidImageError} */
export async function prepare(host: Host, spec: WorkloadSpec, signal: AbortSignal): Promise<Prepared> {
  const both = [
    host.networks.ensure(spec.leaseId, { internet: spec.network === 'internet' }, signal),
    prepareServices(host, spec.services, signal),
  ] as const
  // When one fails the other must not go on: a network that is made after all else was removed stays.
  await Promise.allSettled(both)
  const [network, services] = await Promise.all(both)
  const requests = (spec.volumes ?? []).map((volume): VolumeRequest => {
    const writer = services.find(({ spec: { volumes = [] } }) =>
      volumes.some((mount) => mount.volume === volume.name && !mount.readOnly),
    )
    return { ...volume, ...(writer && { owner: writer.owner }) }
  })
  const options = spec.previous === undefined ? {} : { previous: spec.previous }
  const folders = requests.length === 0 ? new Map() : await host.volumes.ensure(spec.leaseId, requests, options, signal)
  return { spec, network, folders, services: new Map(services.map((service) => [service.spec.name, service])) }
}

/** Each image once, however many services have it. */
async function prepareServices(host: Host, specs: readonly ServiceSpec[], signal: AbortSignal): Promise<Service[]> {
  const images = [...new Map(specs.map(({ image }) => [JSON.stringify(image), image])).values()]
  await Promise.all(images.map((image) => host.images.ensure(image, signal)))
  return Promise.all(specs.map((service) => prepareService(host, service, signal)))
}

async function prepareService(host: Host, spec: ServiceSpec, signal: AbortSignal): Promise<Service> {
  for (let tries = 1; ; tries++) {
    const image = await host.images.ensure(spec.image, signal)
    try {
      return { spec, image, owner: await imageUser(host.engine.calls, image.id, spec.user, signal) }
    } catch (error) {
      if (statusOf(error) !== 404 || tries === MOST_TRIES) throw error
    }
  }
}

/**
 * Makes the containers that are not there yet, without starting them. `named` says which answer to their service's name from
 * the beginning.
 */
export async function makeContainers(
  host: Host,
  prepared: Prepared,
  members: readonly Member[],
  { revision, named }: { revision: number; named: (member: Member) => boolean },
  signal: AbortSignal,
): Promise<void> {
  const mounts = new Map<string, readonly HostMount[]>()
  for (const { service: name, hash } of members) {
    const service = prepared.services.get(name)
    if (service && !mounts.has(name)) mounts.set(name, await mountsOf(host, prepared, service, hash, signal))
  }
  await Promise.all(
    members.map(async (member) => {
      const service = prepared.services.get(member.service)
      if (!service) return
      const options = optionsOf(host, prepared, service, member, mounts.get(member.service) ?? [])
      options.Labels = { ...options.Labels, [LABELS.revision]: `${revision}` }
      options.NetworkingConfig = {
        EndpointsConfig: { [prepared.network.name]: endpointOf(prepared.network, member, named(member)) },
      }
      // 409: it is there, made by an earlier try.
      await host.engine.calls.createContainer({ ...options, name: member.name, abortSignal: signal }).catch(ignore(409))
    }),
  )
}

/** A container's place in the lease's network. */
export function endpointOf(network: LeaseNetwork, member: Member, named: boolean): Docker.EndpointSettings {
  return {
    Aliases: named ? [member.service] : [],
    IPAMConfig: { IPv4Address: network.address(member.address) },
  }
}

async function mountsOf(
  host: Host,
  { spec: { leaseId }, folders }: Prepared,
  { spec, owner }: Service,
  hash: string,
  signal: AbortSignal,
): Promise<readonly HostMount[]> {
  const { files = [], secrets = [], volumes = [] } = spec
  const scope = scopeOf(spec.name, hash)
  const configs = files.length === 0 ? [] : await host.configs.write(leaseId, scope, files, owner, signal)
  const inMemory = secrets.length === 0 ? [] : await host.secrets.write(leaseId, scope, secrets, owner, signal)
  const mounted = volumes.map(({ volume, path, readOnly }): HostMount => {
    const source = folders.get(volume)
    if (source === undefined) throw new TypeError(`no folder for volume ${volume}`)
    return { source, target: path, readOnly }
  })
  // The engine would start it again after the host was started anew, before firewall and volumes are there. With a file that
  // only the agent puts there it cannot.
  const booted = (spec.restart?.when ?? 'never') === 'never' ? [] : [await bootMount(host)]
  return [...mounted, ...configs, ...inMemory, ...booted]
}

async function bootMount({ memoryDir }: Host): Promise<HostMount> {
  const source = join(memoryDir, 'booted')
  await mkdir(memoryDir, { recursive: true, mode: 0o700 })
  await writeFile(source, '', { mode: 0o444 })
  return { source, target: '/.tender', readOnly: true }
}

/** Files of containers that are made alike are the same. */
export function scopeOf(service: string, hash: string): string {
  return `${service}-${hash.slice(0, 12)}`
}

function optionsOf(
  host: Host,
  { spec, network }: Prepared,
  { spec: service, image, owner }: Service,
  member: Member,
  mounts: readonly HostMount[],
): Docker.ContainerCreateOptions {
  const { entrypoint, args, workingDirectory, user, healthcheck, restart } = service
  const share = {
    cpuMilli: service.cpuMilli ?? spec.limits.cpuMilli,
    memoryBytes: service.memoryBytes ?? spec.limits.memoryBytes,
  }
  const { gpus } = spec
  const limited = { ...(host.runtime !== undefined && { runtime: host.runtime }), ...(gpus && { gpus }) }
  const asked = service.stopSignal || image.stopSignal || 'SIGTERM'
  const always = restart?.when === 'always'
  return {
    Image: image.id,
    Env: environmentOf(spec.leaseId, service, gpus ?? []),
    ...(entrypoint && { Entrypoint: [...entrypoint] }),
    ...(args.length > 0 && { Cmd: [...args] }),
    ...(workingDirectory !== undefined && { WorkingDir: workingDirectory }),
    ...(user !== undefined && { User: user }),
    ...healthOf(healthcheck, image, leastHealthMs(spec)),
    // An engine that comes back after it was killed ends what it finds running by this signal. A program could take another one
    // as a wish to end well, and its end for the end of its work; so only one that is started again in any case may see it.
    StopSignal: always ? asked : 'SIGKILL',
    Labels: {
      [LABELS.lease]: spec.leaseId,
      [LABELS.service]: member.service,
      [LABELS.replica]: `${member.replica}`,
      [LABELS.config]: member.hash,
      [LABELS.stop]: asked,
      [LABELS.owner]: `${owner.uid}:${owner.gid}`,
    },
    HostConfig: {
      ...hostConfigOf(service, share, { network, mounts, imageVolumes: image.volumes, ...limited }),
      LogConfig: logConfigOf(containersOf(spec.services)),
      RestartPolicy: restartOf(restart),
    },
  }
}

function environmentOf(leaseId: LeaseId, { environment }: ServiceSpec, gpus: readonly string[]): string[] {
  const all = { ...environment, ...gpuEnvironment(gpus), [LEASE_VARIABLE]: leaseId }
  return Object.entries(all).map(([name, value]) => `${name}=${value}`)
}

/** Each check costs the engine some 50 ms of work that is on nobody's account; so a lease has six in a second at most. */
const LEAST_HEALTH_MS = 200
const LEAST_HEALTH_MS_EACH = 330

function leastHealthMs({ services }: WorkloadSpec): number {
  return Math.max(LEAST_HEALTH_MS, LEAST_HEALTH_MS_EACH * (containersOf(services) - 1))
}

function healthOf(
  check: ServiceSpec['healthcheck'],
  image: ImageFacts,
  leastMs: number,
): { Healthcheck?: Docker.HealthConfig } {
  if (check === 'none') return { Healthcheck: { Test: ['NONE'] } }
  const asked = check?.intervalMs ?? image.healthIntervalMs
  // The engine takes 0 for its own default, which is no hurry.
  const interval = check || asked > 0 ? Math.max(asked, leastMs) * NANOSECONDS : 0
  // Newer engines look oftener while a container starts; the image could say how often.
  const bounds = { Interval: Math.round(interval), StartInterval: Math.round(Math.max(leastMs, 5_000) * NANOSECONDS) }
  // What is left out here the engine takes from the image.
  if (!check) return image.hasHealthcheck ? { Healthcheck: bounds } : {}
  return {
    Healthcheck: {
      ...bounds,
      Test: ['CMD', ...check.command],
      StartInterval: bounds.Interval,
      // The engine takes nothing below a millisecond.
      Timeout: Math.max(check.timeoutMs, 1) * NANOSECONDS,
      Retries: check.retries,
      StartPeriod: check.startPeriodMs * NANOSECONDS,
    } satisfies MoreHealthConfig,
  }
}

/** Of API 1.44, not in @types/dockerode. */
type MoreHealthConfig = Docker.HealthConfig & { StartInterval: number }

function containersOf(services: readonly ServiceSpec[]): number {
  return services.reduce((sum, { replicas }) => sum + replicas, 0)
}

function restartOf(restart: ServiceSpec['restart']): Docker.HostRestartPolicy {
  if (!restart || restart.when === 'never') return { Name: 'no' }
  if (restart.when === 'always') return { Name: 'always' }
  return { Name: 'on-failure', MaximumRetryCount: restart.maxRetries ?? 0 }
}
