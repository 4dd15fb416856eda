import { join } from 'node:path'
import { createEngine, SOCKET_PATH } from './engine.ts'
import type { Host } from './host.ts'
import { createImages } from './images.ts'
import { createDiskFiles } from './isolation/diskFiles.ts'
import { createFirewall, type Firewall } from './isolation/firewall.ts'
import { createMemoryFiles, memoryDirectory } from './isolation/memoryFiles.ts'
import { createLeaseNetworks } from './isolation/network.ts'
import { createVolumes } from './isolation/volumes.ts'
import { createRecords } from './record.ts'

export type DockerDriverOptions = {
  /** Where leases keep their records and volumes; created when needed. All instances on one folder see the same workloads. */
  readonly stateDir: string
  /** Of the engine, which has to be on this host. Default: `/var/run/docker.sock`. */
  readonly socketPath?: string
  /** A folder in memory (tmpfs), for secrets. Default: `/run/tender`, else `/dev/shm/tender`. */
  readonly memoryDir?: string
  /** An OCI runtime that the engine knows, e.g. `runsc` (gVisor), for all containers. Default: `runc`. */
  readonly runtime?: string
  /** Lease networks are taken out of it. Default: `10.213.0.0/16`. */
  readonly subnetPool?: string
  /** Resolvers of leases with internet. */
  readonly resolvers?: readonly string[]
  /** More addresses or ranges that no lease may reach, beside all private ones. */
  readonly forbidden?: readonly string[]
  /** Registries in private networks that images may come from all the same, as `host` or `host:port`. Default: none. */
  readonly registries?: readonly string[]
  /** What one image may unpack to. Default: 20 GiB. */
  readonly maxImageBytes?: number
  /** Free disk that is always left over. Default: 1 GiB. */
  readonly keepFreeBytes?: number
}

const GIB = 2 ** 30
export const KEEP_FREE_BYTES = GIB
const MOST_IMAGE_BYTES = 20 * GIB
/** Of one image; each costs an inode. */
const MOST_IMAGE_ENTRIES = 2_000_000

/** Rules that somebody flushed are missed for so long at most. */
const GUARD_MS = 30_000
const GUARD_LIMIT_MS = 20_000

/** Does what it is given now and then, however often it is called. What fails is seen by the next probe. */
function sometimes(task: (signal: AbortSignal) => Promise<void>): () => Promise<void> {
  let nextMs = 0
  return async () => {
    if (performance.now() < nextMs) return
    nextMs = performance.now() + GUARD_MS
    await task(AbortSignal.timeout(GUARD_LIMIT_MS)).catch(() => {})
  }
}

export function createHost(options: DockerDriverOptions): { host: Host; firewall: Firewall } {
  const { stateDir, socketPath = SOCKET_PATH, memoryDir = memoryDirectory(), runtime, subnetPool, resolvers } = options
  const { forbidden = [], registries = [], keepFreeBytes = KEEP_FREE_BYTES } = options
  const engine = createEngine(socketPath)
  const firewall = createFirewall({ forbidden })
  const limits = { bytes: options.maxImageBytes ?? MOST_IMAGE_BYTES, entries: MOST_IMAGE_ENTRIES }
  const pool = { ...(subnetPool !== undefined && { pool: subnetPool }), ...(resolvers && { resolvers }) }
  const host: Host = {
    stateDir,
    engine,
    records: createRecords(stateDir),
    images: createImages({ engine, stateDir, limits, registries, keepFreeBytes }),
    guard: sometimes((signal) => firewall.ensure(signal)),
    networks: createLeaseNetworks({ engine: engine.calls, firewall, ...pool }),
    volumes: createVolumes({ stateDir, keepFreeBytes }),
    configs: createDiskFiles({ directory: join(stateDir, 'files') }),
    secrets: createMemoryFiles({ directory: memoryDir }),
    memoryDir,
    ...(runtime !== undefined && { runtime }),
  }
  return { host, firewall }
}
