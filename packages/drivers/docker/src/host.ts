import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeaseId } from '@tender/driver'
import type { HostTimes } from './decide.ts'
import type { Engine } from './engine.ts'
import type { Images } from './images.ts'
import type { LeaseFiles } from './isolation/memoryFiles.ts'
import type { LeaseNetworks } from './isolation/network.ts'
import type { Volumes } from './isolation/volumes.ts'
import { withLock } from './leaseLock.ts'
import type { LeaseRecord, Records } from './record.ts'

/** What the driver's parts work with. */
export type Host = {
  readonly stateDir: string
  readonly engine: Engine
  readonly records: Records
  readonly images: Images
  readonly networks: LeaseNetworks
  /** Puts the firewall in force again where somebody took it away, now and then: for whoever waits while workloads run. */
  readonly guard: () => Promise<void>
  readonly volumes: Volumes
  /** Files on this host's disk, and files that are in memory only. */
  readonly configs: LeaseFiles
  readonly secrets: LeaseFiles
  /** Folder in memory. */
  readonly memoryDir: string
  /** OCI runtime for all containers. Absent: `runc`. */
  readonly runtime?: string
}

/** For what must be done, whoever has lost interest. */
const LONG_MS = 15 * 60_000
export const atLast = (): AbortSignal => AbortSignal.timeout(LONG_MS)

/** One thing at a time happens to a lease, whichever process does it. */
export function withLease<T>(host: Host, leaseId: LeaseId, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return withLock(host.stateDir, leaseId, task, signal)
}

/** Of this run of the kernel. Unlike times it does not change with the clock. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** What has happened to the host since a lease's containers were made. */
export function timesOf(record: Pick<LeaseRecord, 'bootId'>): HostTimes {
  return { nowMs: Date.now(), rebooted: record.bootId !== bootId() }
}

const KEY_BYTES = 32

/** A key that only this host's memory knows; another one after a restart of the host. */
export async function secretKey({ memoryDir }: Pick<Host, 'memoryDir'>): Promise<Uint8Array> {
  const file = join(memoryDir, 'key')
  await mkdir(memoryDir, { recursive: true, mode: 0o700 })
  const own = join(memoryDir, `key-${randomBytes(8).toString('hex')}`)
  await writeFile(own, randomBytes(KEY_BYTES), { mode: 0o600 })
  // Whole or not at all: who is killed meanwhile, or comes second, leaves no half of a key to the others.
  await link(own, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(own)
  return readFile(file)
}
