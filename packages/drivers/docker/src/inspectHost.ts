import { constants } from 'node:fs'
import { access, readFile, stat, statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { dirname } from 'node:path'
import type { Gpu } from '@tender/driver'
import type Docker from 'dockerode'
import { askEngine, engineFault } from './engineInfo.ts'
import { detectGpus } from './gpu.ts'
import { CommandFailedError, runCommand } from './isolation/runCommand.ts'

/** Everything about a host that decides what it could sell. */
export type HostInspection = {
  readonly cores: number
  readonly memoryBytes: number
  /** Of the disk that will hold the state. */
  readonly disk: { readonly path: string; readonly totalBytes: number; readonly freeBytes: number }
  readonly gpus: readonly Gpu[]
  /** Absent: none answers. */
  readonly engine?: {
    readonly version: string
    readonly storageDriver: string
    /** `1` or `2`. */
    readonly cgroupVersion: string
    readonly runtimes: readonly string[]
  }
  /** Why containers cannot be sold as it is; absent if they can. */
  readonly reason?: string
  /** `none` on bare metal, else e.g. `kvm`, `docker`, `unknown`. */
  readonly virtualisation: string
  /** Virtual machines can be run here. */
  readonly kvm: boolean
  /** gVisor is there, and the engine knows it. */
  readonly runsc: boolean
}

const LIMIT_MS = 10_000

/**
 * Looks at the host, for `tender provider init`. What cannot be found out is absent or `unknown`.
 *
 * @throws the signal's reason
 *
 * @example
 * const { cores, gpus, reason } = await inspectHost({ engine: new Docker(), stateDir: '/var/lib/tender' }, signal)
 */
export async function inspectHost(
  { engine, stateDir }: { engine: Docker; stateDir: string },
  signal: AbortSignal,
): Promise<HostInspection> {
  const [path, info, gpus, virtualisation, kvm] = await Promise.all([
    existing(stateDir),
    askEngine(engine, signal).catch((error: Error) => error),
    detectGpus(signal).catch((error: Error) => error),
    detectVirtualisation(signal),
    isThere('/dev/kvm', constants.R_OK | constants.W_OK),
  ])
  signal.throwIfAborted()
  const { blocks, bavail, bsize } = await statfs(path)
  const runtimes = info instanceof Error ? [] : Object.keys(info.Runtimes ?? {})
  const fault = info instanceof Error ? info.message : engineFault(info, undefined)
  const reason = gpus instanceof Error ? gpus.message : fault
  return {
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    disk: { path, totalBytes: blocks * bsize, freeBytes: bavail * bsize },
    gpus: gpus instanceof Error ? [] : gpus,
    ...(!(info instanceof Error) && {
      engine: {
        version: info.ServerVersion,
        storageDriver: info.Driver,
        cgroupVersion: info.CgroupVersion ?? 'unknown',
        runtimes,
      },
    }),
    ...(reason !== undefined && { reason }),
    virtualisation,
    kvm,
    runsc: runtimes.includes('runsc'),
  }
}

/** The state's folder may not be there yet: the nearest one above it is on the same disk. */
async function existing(folder: string): Promise<string> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await stat(path).catch(() => undefined)
    if (found || path === dirname(path)) return path
  }
}

async function detectVirtualisation(signal: AbortSignal): Promise<string> {
  try {
    const { stdout } = await runCommand('systemd-detect-virt', [], { limitMs: LIMIT_MS, signal })
    return stdout.trim()
  } catch (error) {
    // It says `none` by a code that is not 0; where it is not installed the kernel knows at least whether there is one.
    if (!(error instanceof CommandFailedError)) return 'unknown'
    if (error.data.code === 1) return 'none'
    if (await isThere('/.dockerenv', constants.F_OK)) return 'docker'
    const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
    return /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo) ? 'unknown' : 'none'
  }
}

async function isThere(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}
