import { createServer, type Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { UnreachableError } from '@tender/protocol'
import type { ContainerDriver, RoutingDriver } from './driver.ts'
import {
  BadHandleError,
  NotServingError,
  StartFailedError,
  UnsupportedWorkloadError,
  WorkloadNotFoundError,
} from './errors.ts'
import { containerPowers } from './fakeContainers.ts'
import type {
  Capabilities,
  ExitReason,
  ExitResult,
  Handle,
  HostReport,
  LeaseId,
  LogLine,
  WorkloadSpec,
} from './types.ts'
import { unsupported } from './unsupported.ts'

/** What a fake workload does. It writes, serves, and then ends or runs on. */
export type FakeScript = {
  /** Lines for standard output. */
  writes?: readonly string[]
  /** Answers every request with this text. */
  serves?: string
  /** Ends so, right after start. Absent: runs until it is stopped. */
  ends?: ExitReason
  /** `start` fails for this reason. */
  failsToStart?: string
  /** Runs and is never well, for this reason. */
  neverWell?: string
  /** What the programs that `exec` starts write and exit with, by their name. */
  programs?: Readonly<Record<string, { writes: string; code: number }>>
}

/** A workload of a fake host. */
export type FakeWorkload = {
  script: FakeScript
  /** Counts updates: a handle is of one of them. */
  generation: number
  spec: WorkloadSpec
  result: ExitResult | undefined
  ended: PromiseWithResolvers<void>
  lines: LogLine[]
  server: Server | undefined
  startedAtMs: number
}

/**
 * The machine that fake workloads run on: outlives drivers as a real machine outlives processes.
 * `scripts` says what each image does; an image without a script is invalid.
 */
export type FakeHost = {
  /** By image; to be changed by a test. */
  readonly scripts: Record<string, FakeScript>
  readonly workloads: Map<string, FakeWorkload>
  /** By lease, then by name: what its volumes hold, by path. */
  readonly volumes: Map<LeaseId, Map<string, FakeVolume>>
  /** While set, the engine of containers does not answer. */
  engineDown: boolean
  /** What `probe` answers; to be changed by a test. */
  report: HostReport
  /** Ends a running workload as if by itself. */
  end(leaseId: string, reason: ExitReason): void
  close(): Promise<void>
}

export type FakeVolume = { sizeBytes: number; files: Map<string, Uint8Array> }

const MEBIBYTE = 2 ** 20

const capabilities: Capabilities = {
  platforms: ['wasi/wasm'],
  shapes: ['http', 'command'],
  maxServices: 1,
  maxReplicas: 1,
  routing: true,
  containers: false,
  tasks: false,
}

const containerCapabilities: Capabilities = {
  platforms: ['linux/amd64'],
  shapes: ['http', 'command'],
  maxServices: 8,
  maxReplicas: 4,
  routing: true,
  containers: true,
  tasks: false,
}

const healthy: HostReport = {
  healthy: true,
  cpuMilliTotal: 8_000,
  cpuMilliFree: 8_000,
  memoryBytesTotal: 32_768 * MEBIBYTE,
  memoryBytesFree: 32_768 * MEBIBYTE,
  diskBytesFree: 200_000 * MEBIBYTE,
}

/**
 * @example
 * const host = createFakeHost({ '/hello.wasm': { serves: 'hello' }, '/job.wasm': { ends: { kind: 'exited', code: 0 } } })
 * const driver = createFakeDriver(host)
 */
export function createFakeHost(given: Readonly<Record<string, FakeScript>>): FakeHost {
  const scripts = { ...given }
  const workloads: FakeHost['workloads'] = new Map()
  return {
    scripts,
    workloads,
    volumes: new Map(),
    engineDown: false,
    report: healthy,
    end: (leaseId, reason) => {
      const workload = workloads.get(leaseId)
      if (workload) endFakeWorkload(workload, reason)
    },
    close: async () => {
      for (const workload of workloads.values()) endFakeWorkload(workload, { kind: 'lost' })
    },
  }
}

/** A driver whose workloads follow a script. Passes the conformance suite; its `http` services really listen. */
export function createFakeDriver(host: FakeHost): RoutingDriver {
  return fakeDriver(host, 'fake', capabilities)
}

/** The same as a driver of containers: its workloads can be updated, entered, and leave volumes behind. */
export function createFakeContainerDriver(host: FakeHost): ContainerDriver {
  const driver = fakeDriver(host, 'containers', containerCapabilities)
  return { ...driver, ...containerPowers(host, driver, beginFakeWorkload) }
}

function fakeDriver(host: FakeHost, kind: string, capabilities: Capabilities): RoutingDriver {
  const find = (handle: Handle): FakeWorkload => {
    reach(host, handle, kind)
    const workload = host.workloads.get(handle.leaseId)
    if (!workload || workload.generation !== handle.state) throw new WorkloadNotFoundError(handle.leaseId)
    return workload
  }
  return {
    kind,
    capabilities,
    probe: async () => (host.engineDown ? { healthy: false, reason: 'the engine does not answer' } : host.report),
    start: async (spec, signal) => {
      signal.throwIfAborted()
      reach(host)
      const reason = unsupported(capabilities, spec)
      if (reason !== undefined) throw new UnsupportedWorkloadError(kind, reason)
      const found = host.workloads.get(spec.leaseId) ?? (await beginFakeWorkload(host, spec, 1))
      host.workloads.set(spec.leaseId, found)
      return handleOf(kind, spec.leaseId, found)
    },
    find: async (leaseId) => {
      reach(host)
      const found = host.workloads.get(leaseId)
      return found && handleOf(kind, leaseId, found)
    },
    recover: async (handle) => {
      find(handle)
    },
    inspect: async (handle) => {
      const { result, script } = find(handle)
      if (result) return { state: 'ended', result }
      return { state: 'running', ...(script.neverWell !== undefined && { waitingFor: script.neverWell }) }
    },
    wait: async (handle, signal) => {
      signal.throwIfAborted()
      const workload = find(handle)
      await untilAborted(workload.ended.promise, signal)
      if (!workload.result) throw new WorkloadNotFoundError(handle.leaseId)
      return workload.result
    },
    stop: async (handle) => {
      reach(host, handle, kind)
      const workload = host.workloads.get(handle.leaseId)
      if (workload) endFakeWorkload(workload, { kind: 'stopped' })
    },
    destroy: async (handle) => {
      reach(host, handle, kind)
      const workload = host.workloads.get(handle.leaseId)
      if (workload) endFakeWorkload(workload, { kind: 'stopped' })
      host.workloads.delete(handle.leaseId)
      host.volumes.delete(handle.leaseId)
    },
    usage: async (handle) => {
      const { startedAtMs, result, spec } = find(handle)
      const atMs = result?.atMs ?? Date.now()
      const used = { cpuMs: atMs - startedAtMs, memoryBytes: result ? 0 : MEBIBYTE, memoryPeakBytes: MEBIBYTE }
      const unused = { cpuMs: 0, memoryBytes: 0, memoryPeakBytes: 0 }
      // The script is the first service's.
      const services = spec.services.map(({ name }, index) => ({ service: name, ...(index === 0 ? used : unused) }))
      return { atMs, ...used, services }
    },
    logs: async function* (handle, { tailLines, follow }, signal) {
      signal.throwIfAborted()
      const { lines, ended } = find(handle)
      yield* tailLines === undefined ? lines : lines.slice(Math.max(lines.length - tailLines, 0))
      if (follow) await untilAborted(ended.promise, signal)
    },
    endpoints: async (handle) => {
      const { server, result } = find(handle)
      const address = server?.address()
      if (result || !address || typeof address === 'string')
        throw new NotServingError(handle.leaseId, 'nothing listens')
      return [{ host: '127.0.0.1', port: address.port, headers: {} }]
    },
  }
}

function handleOf(kind: string, leaseId: LeaseId, { generation }: FakeWorkload): Handle {
  return { leaseId, driver: kind, version: 1, state: generation }
}

/** @throws {BadHandleError} @throws {UnreachableError} while the engine is down */
function reach(host: FakeHost, handle?: Handle, kind?: string): void {
  if (handle && kind) {
    if (handle.driver !== kind) throw new BadHandleError(kind, `it is of the ${handle.driver} driver`)
    if (handle.version !== 1) throw new BadHandleError(kind, `its version is ${handle.version}, known is 1`)
  }
  if (host.engineDown) throw new UnreachableError('the engine does not answer')
}

async function beginFakeWorkload(host: FakeHost, spec: WorkloadSpec, generation: number): Promise<FakeWorkload> {
  const [service] = spec.services
  const image = service?.image.kind === 'file' ? service.image.path : ''
  const script = host.scripts[image] ?? { ends: { kind: 'invalid', detail: 'no script for this image' } }
  if (script.failsToStart !== undefined) throw new StartFailedError(spec.leaseId, script.failsToStart)
  takeVolumes(host, spec)
  const startedAtMs = Date.now()
  const lines = (script.writes ?? []).map(
    (text): LogLine => ({ atMs: startedAtMs, service: service?.name ?? '', stream: 'stdout', text }),
  )
  const server = script.serves === undefined ? undefined : await listen(script.serves)
  const ended = Promise.withResolvers<void>()
  const workload: FakeWorkload = { spec, script, generation, result: undefined, ended, lines, server, startedAtMs }
  if (script.ends) endFakeWorkload(workload, script.ends)
  return workload
}

/** Those of the earlier lease that it names, and new ones. */
function takeVolumes(host: FakeHost, { leaseId, volumes = [], previous }: WorkloadSpec): void {
  if (volumes.length === 0) return
  const own = host.volumes.get(leaseId) ?? new Map<string, FakeVolume>()
  const earlier = previous && host.volumes.get(previous)
  for (const { name, sizeBytes } of volumes) {
    own.set(name, own.get(name) ?? earlier?.get(name) ?? { sizeBytes, files: new Map() })
    earlier?.delete(name)
  }
  host.volumes.set(leaseId, own)
}

function endFakeWorkload(workload: FakeWorkload, reason: ExitReason): void {
  if (workload.result) return
  workload.result = { reason, atMs: Date.now() }
  workload.server?.close()
  workload.server?.closeAllConnections()
  workload.ended.resolve()
}

function listen(text: string): Promise<Server> {
  const server = createServer((_, response) => response.end(text))
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** Waits for `promise`. @throws the signal's reason */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const stopped = new AbortController()
  const aborted = delay(2 ** 31 - 1, undefined, { signal: AbortSignal.any([signal, stopped.signal]), ref: false })
  try {
    await Promise.race([promise, aborted.catch(() => {})])
    signal.throwIfAborted()
  } finally {
    stopped.abort()
  }
}
