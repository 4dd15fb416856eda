import {
  type Capabilities,
  type ExitResult,
  type Handle,
  NotServingError,
  type RoutingDriver,
  type TaskDriver,
  UnsupportedWorkloadError,
  unsupported,
  WorkloadNotFoundError,
  type WorkloadSpec,
  type WorkloadStatus,
  type WorkloadUsage,
} from '@tender/driver'
import { type Claim, createFile, fileNames, recordExit, tokenHeader } from './child/files.ts'
import { attemptOf, createHandle, kind } from './handle.ts'
import { type LeaseDirectory, openLeaseDirectory, removeLeaseDirectory } from './leaseDirectory.ts'
import { poll } from './poll.ts'
import { probeHost } from './probeHost.ts'
import { gone, isAlive, signalChild } from './processes.ts'
import { readLogs } from './readLogs.ts'
import { runTask } from './runTask.ts'
import { startWorkload } from './startWorkload.ts'

export type WasmDriverOptions = {
  /** Where workloads keep their files; created when needed. All instances on one folder see the same workloads. */
  stateDir: string
}

const capabilities: Capabilities = {
  platforms: ['wasi/wasm'],
  shapes: ['http', 'command'],
  maxServices: 1,
  maxReplicas: 1,
  routing: true,
  containers: false,
  tasks: true,
}

const WAIT_POLL_MS = 50

/**
 * Runs WASI preview 1 modules, each lease in a process of its own without access to files, network or the environment.
 * `http` services get each request as a CGI program does, in a fresh instance; `command` services run once, to their end.
 * Both find their lease's id in `TENDER_LEASE`.
 *
 * @example
 * const driver = createWasmDriver({ stateDir: '/var/lib/tender/wasm' })
 * const handle = await driver.start(spec, signal)
 * const [{ host, port, headers }] = await driver.endpoints(handle)
 */
export function createWasmDriver({ stateDir }: WasmDriverOptions): RoutingDriver & TaskDriver {
  const find = (handle: Handle): Workload => {
    const workload = locate(stateDir, handle)
    if (!workload.directory.exists()) throw new WorkloadNotFoundError(handle.leaseId)
    return workload
  }
  return {
    kind,
    capabilities,
    probe: () => probeHost(stateDir),
    start: async (spec, signal) => {
      refuse(spec)
      return startWorkload(stateDir, spec, signal)
    },
    find: async (leaseId) => {
      const directory = openLeaseDirectory(stateDir, leaseId)
      return directory.exists() ? createHandle(leaseId, await directory.lastAttempt()) : undefined
    },
    recover: async (handle) => {
      find(handle).directory.record()
    },
    inspect: async (handle) => inspect(find(handle)),
    wait: async (handle, signal) => poll(() => exitOf(find(handle)), WAIT_POLL_MS, signal),
    stop: async (handle, { graceMs }) => stop(locate(stateDir, handle), graceMs),
    destroy: async (handle) => {
      await stop(locate(stateDir, handle), 0)
      await removeLeaseDirectory(stateDir, handle.leaseId)
    },
    usage: async (handle) => usageOf(find(handle)),
    logs: async function* (handle, options, signal) {
      const { directory, attempt } = find(handle)
      const isOver = () => !directory.exists() || exitOf({ directory, attempt }) !== undefined
      yield* readLogs(directory.path, options, isOver, signal)
    },
    endpoints: async (handle) => {
      const workload = find(handle)
      if (exitOf(workload)) throw new NotServingError(handle.leaseId, 'it has ended')
      const port = workload.directory.ready()?.port
      if (!port) throw new NotServingError(handle.leaseId, 'it has no http service, or is not ready')
      return [{ host: '127.0.0.1', port, headers: { [tokenHeader]: workload.directory.record().token } }]
    },
    runTask: (spec, signal) => runTask(stateDir, spec, signal),
  }
}

type Workload = { directory: LeaseDirectory; attempt: number }

function locate(stateDir: string, handle: Handle): Workload {
  const attempt = attemptOf(handle)
  return { directory: openLeaseDirectory(stateDir, handle.leaseId), attempt }
}

function refuse(spec: WorkloadSpec): void {
  const reason = unsupported(capabilities, spec)
  if (reason !== undefined) throw new UnsupportedWorkloadError(kind, reason)
  if (!/^0x[0-9a-f]{64}$/.test(spec.leaseId)) {
    throw new UnsupportedWorkloadError(kind, 'leaseId is not 32 bytes in lower case')
  }
}

function inspect(workload: Workload): WorkloadStatus {
  const result = exitOf(workload)
  return result ? { state: 'ended', result } : { state: 'running' }
}

/** A lease is one process, and so one service. */
function usageOf(workload: Workload): WorkloadUsage {
  const { directory } = workload
  const now = { atMs: Date.now(), memoryBytes: 0 }
  const measured = directory.usage() ?? { ...now, cpuMs: 0, memoryPeakBytes: 0 }
  const { atMs, ...used } = exitOf(workload) ? { ...measured, ...now } : measured
  return { atMs, ...used, services: directory.record().spec.services.map(({ name }) => ({ service: name, ...used })) }
}

/** How it ended, or undefined while it runs. A process that is gone without a word, and was not to stop, is `lost` from the first look on. */
function exitOf({ directory, attempt }: Workload): ExitResult | undefined {
  const claim = directory.claim(attempt)
  // Read before the file that a process writes before it ends.
  const alive = claim !== undefined && isAlive(claim)
  const result = directory.exit()
  if (result || alive) return result
  recordExit(directory.path, { kind: directory.isStopping() ? 'stopped' : 'lost' })
  return directory.exit()
}

async function stop(workload: Workload, graceMs: number): Promise<void> {
  const { directory } = workload
  if (!directory.exists()) return
  // Not the handle's attempt: also a process that a start which was cut off has left.
  const claim = directory.claim(await directory.lastAttempt())
  if (claim && isAlive(claim)) {
    try {
      createFile(directory.path, fileNames.stopping, {})
    } finally {
      // Also on a full disk.
      await end(claim, graceMs)
    }
  }
  recordExit(directory.path, { kind: 'stopped' })
}

/** Resolves when its process is gone, which had `graceMs` to end by itself. */
async function end(claim: Claim, graceMs: number): Promise<void> {
  if (graceMs > 0) {
    signalChild(claim, 'SIGTERM')
    await gone(claim, graceMs)
  }
  signalChild(claim, 'SIGKILL')
  await gone(claim)
}
