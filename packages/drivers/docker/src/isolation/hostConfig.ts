import { posix } from 'node:path'
import { type ServiceSpec, UnsupportedWorkloadError } from '@tender/driver'
import type { HostConfig, MountSettings } from 'dockerode'
import type { HostMount, LeaseNetwork } from './types.ts'

/** What one container may use at most. */
export type Share = { readonly cpuMilli: number; readonly memoryBytes: number }

export type HostConfigOptions = {
  readonly network: LeaseNetwork
  /** Volumes, files and secrets of this service. */
  readonly mounts: readonly HostMount[]
  /** `Config.Volumes` of the image: Docker would give each of them a folder on the host's disk, without a limit. */
  readonly imageVolumes: readonly string[]
  /** An OCI runtime that the engine knows, e.g. `runsc`. Absent: `runc`, whatever the engine's default is. */
  readonly runtime?: string
  /** Ids of the GPUs that are its own. */
  readonly gpus?: readonly string[]
  /** Absent: the engine's. */
  readonly cgroupParent?: string
}

const MIB = 2 ** 20

/** What the image of a plain web server or database needs to start as root and become somebody else. */
const CAPABILITIES = [
  // Hand its data folder to its own user.
  'CHOWN',
  // As root, read and fill folders that are another user's.
  'DAC_OVERRIDE',
  // Set the mode of what it has just handed over.
  'FOWNER',
  // Stop its workers, which run as another user.
  'KILL',
  // Become its own user and group.
  'SETGID',
  'SETUID',
  // Listen on 80 and 443.
  'NET_BIND_SERVICE',
]

/** In memory, and counted to it, unless the service declares its own. */
const SCRATCH_BYTES = 64 * MIB
const SHM_BYTES = 64 * MIB
const SHM = '/dev/shm'
const PAGE_BYTES = 4_096
/** A place in memory always takes so many files. */
const LEAST_FILES = 1_024

/** An image with more has something else in mind. */
const MOST_IMAGE_VOLUMES = 32

/** One process or thread for each MiB keeps all leases together below what the host can number. */
const FEWEST_PIDS = 64
const MOST_PIDS = 4_096

/** Places where a mount would take away what protects the host, or what the container cannot start without. */
const CLOSED = /^\/(proc|sys|dev)(\/|$)/

/** Not in @types/dockerode. */
type MoreHostConfig = HostConfig & { CgroupnsMode: 'private' }

/**
 * Everything that keeps one container apart from the host and from other leases, as the engine wants it. Of the engine's own
 * defaults these stay, and must not be undone by its configuration: the seccomp profile (see `probeHost`), AppArmor where the host
 * has it, the masked and read-only paths of /proc and /sys. Containers of the engine share the host's kernel and user ids; with
 * dockerd's `userns-remap` root within is nobody outside, for all leases the same.
 *
 * The caller has to see to it that the shares of a lease's containers fit into its limits.
 *
 * @throws {UnsupportedWorkloadError} a mount that a container must not have
 *
 * @example
 * const HostConfig = hostConfigOf(service, { cpuMilli: 500, memoryBytes: 2 ** 28 }, { network, mounts: [], imageVolumes: [] })
 * await engine.createContainer({ Image: image, HostConfig })
 */
export function hostConfigOf(service: ServiceSpec, share: Share, options: HostConfigOptions): HostConfig {
  const { network, runtime, gpus = [], cgroupParent } = options
  const config: MoreHostConfig = {
    CapDrop: ['ALL'],
    CapAdd: CAPABILITIES,
    SecurityOpt: ['no-new-privileges:true'],
    Privileged: false,
    ReadonlyRootfs: true,
    Init: true,
    Runtime: runtime ?? 'runc',
    ...limitsOf(share),
    ...storageOf(service, share, options),
    // What the agent wants started it starts itself: only it knows whether network, volumes and firewall are there.
    RestartPolicy: { Name: 'no' },
    AutoRemove: false,
    NetworkMode: network.name,
    PublishAllPorts: false,
    Dns: [...network.dns],
    DnsSearch: ['.'],
    IpcMode: 'private',
    PidMode: '',
    UTSMode: '',
    UsernsMode: '',
    CgroupnsMode: 'private',
    Devices: [],
    ...(gpus.length > 0 && { DeviceRequests: [gpuRequest(gpus)] }),
    ...(cgroupParent !== undefined && { CgroupParent: cgroupParent }),
  }
  return config
}

function limitsOf({ cpuMilli, memoryBytes }: Share): HostConfig {
  return {
    Memory: memoryBytes,
    // With swap it would use twice as much, and secrets in memory would reach the disk.
    MemorySwap: memoryBytes,
    OomKillDisable: false,
    // When the host itself runs out, workloads go first.
    OomScoreAdj: 500,
    NanoCpus: cpuMilli * 1_000_000,
    // When everybody wants more than there is, each gets what it pays for.
    CpuShares: Math.max(2, Math.round((cpuMilli * 1_024) / 1_000)),
    PidsLimit: Math.min(MOST_PIDS, Math.max(FEWEST_PIDS, Math.floor(memoryBytes / MIB))),
    Ulimits: [
      // Enough for a busy server, and no more than a dockerd without privileges over itself may give.
      { Name: 'nofile', Soft: 16_384, Hard: 16_384 },
      { Name: 'core', Soft: 0, Hard: 0 },
      // Counted by user id over the whole host: far below what its root may.
      { Name: 'sigpending', Soft: 4_096, Hard: 4_096 },
      { Name: 'msgqueue', Soft: 819_200, Hard: 819_200 },
      { Name: 'memlock', Soft: 65_536, Hard: 65_536 },
    ],
  }
}

function storageOf(service: ServiceSpec, share: Share, { mounts, imageVolumes }: HostConfigOptions): HostConfig {
  const declared = new Map((service.tmpfs ?? []).map(({ path, sizeBytes }) => [normal(path), sizeBytes]))
  const scratchBytes = Math.min(SCRATCH_BYTES, Math.floor(share.memoryBytes / 2))
  const targets = new Set(mounts.map(({ target }) => normal(target)))
  if (imageVolumes.length > MOST_IMAGE_VOLUMES) refuse(`its image declares more than ${MOST_IMAGE_VOLUMES} volumes`)
  for (const path of ['/tmp', ...imageVolumes.map(normal)])
    if (!targets.has(path) && !declared.has(path)) declared.set(path, scratchBytes)
  // The engine would make this one itself, without a limit of files.
  if (!declared.has(SHM)) declared.set(SHM, Math.min(SHM_BYTES, scratchBytes))
  for (const path of [...declared.keys(), ...targets])
    if (path === '/' || (CLOSED.test(path) && !(path === SHM && !targets.has(SHM))))
      refuse(`nothing can be mounted at ${path}`)
  const places = [...declared].map(([path, sizeBytes]) => ({ path, sizeBytes: Math.min(sizeBytes, share.memoryBytes) }))
  // Files cost the host memory that old kernels do not count: all places together have as many as pages of memory.
  const mostFiles = Math.floor(share.memoryBytes / PAGE_BYTES / places.length)
  return {
    Tmpfs: Object.fromEntries(places.map(({ path, sizeBytes }) => [path, tmpfsOptions(sizeBytes, mostFiles)])),
    Mounts: mounts.map(bindOf),
  }
}

function tmpfsOptions(sizeBytes: number, mostFiles: number): string {
  const inodes = Math.max(LEAST_FILES, Math.min(mostFiles, Math.ceil(sizeBytes / PAGE_BYTES)))
  return `rw,nosuid,nodev,noexec,mode=1777,size=${sizeBytes},nr_inodes=${inodes}`
}

function bindOf({ source, target, readOnly }: HostMount): MountSettings {
  return {
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    // What is mounted later on the host does not appear within.
    BindOptions: { Propagation: 'rprivate' },
  }
}

function gpuRequest(gpus: readonly string[]): NonNullable<HostConfig['DeviceRequests']>[number] {
  return { Driver: 'nvidia', DeviceIDs: [...gpus], Capabilities: [['gpu', 'compute', 'utility']] }
}

function normal(path: string): string {
  const clean = posix.normalize(path)
  return clean.length > 1 ? clean.replace(/\/$/, '') : clean
}

function refuse(reason: string): never {
  throw new UnsupportedWorkloadError('docker', reason)
}
