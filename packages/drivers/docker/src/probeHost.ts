import { mkdir, statfs } from 'node:fs/promises'
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import type { HostReport } from '@tender/driver'
import type Docker from 'dockerode'
import { askEngine, engineFault } from './engineInfo.ts'
import { detectGpus } from './gpu.ts'
import type { Firewall } from './isolation/firewall.ts'
import { unpromisedBytes } from './isolation/volumes.ts'

export type ProbeOptions = {
  readonly engine: Docker
  readonly stateDir: string
  /** Put in force again at each probe. Absent: not looked at. */
  readonly firewall?: Firewall
  /** Free disk below which the host takes nothing more. Default: 1 GiB. */
  readonly keepFreeBytes?: number
  /** Absent: found out at each probe. */
  readonly detect?: typeof detectGpus
  /** An OCI runtime that the engine must have, e.g. `runsc`. */
  readonly runtime?: string
}

const KEEP_FREE_BYTES = 2 ** 30
const MIB = 2 ** 20

/**
 * What the host could run now: free cores are those that were idle over the last minute, free disk is what no volume was promised.
 * Never rejects: a daemon that is gone or too old, a disk that is full, a firewall that cannot be put in force are `healthy: false`.
 */
export async function probeHost(options: ProbeOptions, signal: AbortSignal): Promise<HostReport> {
  try {
    return await look(options, signal)
  } catch (error) {
    return { healthy: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

async function look(
  { engine, stateDir, firewall, runtime, detect = detectGpus, ...options }: ProbeOptions,
  signal: AbortSignal,
): Promise<HostReport> {
  const { keepFreeBytes = KEEP_FREE_BYTES } = options
  const info = await askEngine(engine, signal)
  const fault = engineFault(info, runtime)
  if (fault !== undefined) return { healthy: false, reason: fault }
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const free = { [info.DockerRootDir]: await freeBytes(info.DockerRootDir), [stateDir]: await freeBytes(stateDir) }
  for (const [folder, bytes] of Object.entries(free))
    if (bytes < keepFreeBytes)
      return { healthy: false, reason: `the disk of ${folder} is full: ${Math.floor(bytes / MIB)} MiB are free` }
  await firewall?.ensure(signal)
  const gpus = await detect(signal)
  const cpuMilliTotal = availableParallelism() * 1_000
  const busy = Math.ceil((loadavg()[0] ?? 0) * 1_000)
  return {
    healthy: true,
    cpuMilliTotal,
    cpuMilliFree: Math.max(cpuMilliTotal - busy, 0),
    memoryBytesTotal: totalmem(),
    memoryBytesFree: freemem(),
    diskBytesFree: Math.max(0, (await unpromisedBytes(join(stateDir, 'volumes'))) - keepFreeBytes),
    ...(gpus.length > 0 && { gpus }),
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
