import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Done } from './load.ts'
import { readDisk } from './readDisk.ts'
import { type ProcessReading, readProcesses } from './readProcesses.ts'
import type { SoakedMarket } from './startMarket.ts'

/** What all processes of one role have together. */
export type RoleSample = { processes: number; residentBytes: number; handles: number; threads: number }

/** The whole market at one moment. */
export type Sample = {
  /** Since the load began. */
  seconds: number
  /** Leases that were closed until then. */
  leases: number
  roles: Readonly<Record<string, RoleSample>>
  /** In use of each thread of the market's process once garbage is collected; not in every sample, since that takes a while. */
  heapBytes?: Readonly<Record<string, number>>
  /** What these heaps take of the machine's memory then. */
  takenBytes?: Readonly<Record<string, number>>
  /** Outside of the heaps, in the same samples. */
  outsideBytes?: number
  /** Of each part of the market's directory. */
  disk: Readonly<Record<string, number>>
}

const EVERY_MS = 5_000
/** Memory in use is asked for with every so manieth sample. */
export const HEAP_EVERY = 6

/** Takes samples until aborted. */
export async function takeSamples(
  market: SoakedMarket,
  { done, keep, until }: { done: Done; keep(sample: Sample): void; until: AbortSignal },
): Promise<void> {
  const startedMs = performance.now()
  for (let index = 0; !until.aborted; index++) {
    const now = { seconds: (performance.now() - startedMs) / 1000, leases: done.leases }
    // First: afterwards the process has no more than it needs.
    const heap = index % HEAP_EVERY === 0 ? await takeHeap(market) : {}
    keep({ ...now, ...heap, ...(await takeSample(market)) })
    await sleep(EVERY_MS, undefined, { signal: until }).catch(() => {}) // no more samples then
  }
}

async function takeHeap(market: SoakedMarket): Promise<Pick<Sample, 'heapBytes' | 'takenBytes' | 'outsideBytes'>> {
  const heaps = await market.heap()
  if (heaps === undefined) return {}
  return {
    heapBytes: Object.fromEntries(heaps.map(({ thread, usedBytes }) => [nameOf(thread), usedBytes])),
    takenBytes: Object.fromEntries(heaps.map(({ thread, takenBytes }) => [nameOf(thread), takenBytes])),
    // Of the whole process, so each thread tells the same.
    outsideBytes: Math.max(...heaps.map(({ outsideBytes }) => outsideBytes)),
  }
}

function nameOf(thread: number): string {
  return thread === 0 ? 'market' : 'gateway'
}

async function takeSample(market: SoakedMarket): Promise<Pick<Sample, 'roles' | 'disk'>> {
  const [processes, disk] = await Promise.all([readProcesses(market.pid), readParts(market.directory)])
  return { roles: byRole(processes), disk }
}

function byRole(processes: readonly ProcessReading[]): Record<string, RoleSample> {
  const roles: Record<string, RoleSample> = {}
  for (const { role, residentBytes, handles, threads } of processes) {
    const known = roles[role] ?? { processes: 0, residentBytes: 0, handles: 0, threads: 0 }
    roles[role] = {
      processes: known.processes + 1,
      residentBytes: known.residentBytes + residentBytes,
      handles: known.handles + handles,
      threads: known.threads + threads,
    }
  }
  return roles
}

/** Folders of many of a kind are one part: all providers, all monitors. Logs are apart, wherever they lie. */
async function readParts(directory: string): Promise<Record<string, number>> {
  const parts: Record<string, number> = {}
  const names = await readdir(directory)
  for (const name of names) parts[name] = await readDisk(join(directory, name))
  const logs = await readLogs(directory)
  for (const [part, bytes] of logs) parts[part] = (parts[part] ?? 0) - bytes
  parts.logs = logs.reduce((sum, [, bytes]) => sum + bytes, 0)
  return parts
}

/** Of each daemon's log the part that it lies in, and its bytes. */
async function readLogs(directory: string): Promise<[part: string, bytes: number][]> {
  const found = await readdir(directory, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    // A folder of a lease that was removed meanwhile.
    if (error.code === 'ENOENT') return []
    throw error
  })
  const logs = found.filter((file) => /(provider|monitor|gateway)\.log$/.test(file))
  return Promise.all(
    logs.map(
      async (file): Promise<[string, number]> => [file.split('/')[0] ?? '', await readDisk(join(directory, file))],
    ),
  )
}
