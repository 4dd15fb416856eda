import { createServer, type Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { RoutingDriver } from './driver.ts'
import {
  BadHandleError,
  NotServingError,
  StartFailedError,
  UnsupportedWorkloadError,
  WorkloadNotFoundError,
} from './errors.ts'
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
}

type Workload = {
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
  readonly scripts: Readonly<Record<string, FakeScript>>
  readonly workloads: Map<string, Workload>
  /** What `probe` answers; to be changed by a test. */
  report: HostReport
  /** Ends a running workload as if by itself. */
  end(leaseId: string, reason: ExitReason): void
  close(): Promise<void>
}

const MEBIBYTE = 2 ** 20

const capabilities: Capabilities = {
  platforms: ['wasi/wasm'],
  shapes: ['http', 'command'],
  maxServices: 1,
  maxReplicas: 1,
  routing: true,
  containers: false,
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
export function createFakeHost(scripts: Readonly<Record<string, FakeScript>>): FakeHost {
  const workloads: FakeHost['workloads'] = new Map()
  return {
    scripts,
    workloads,
    report: healthy,
    end: (leaseId, reason) => {
      const workload = workloads.get(leaseId)
      if (workload) end(workload, reason)
    },
    close: async () => {
      for (const workload of workloads.values()) end(workload, { kind: 'lost' })
    },
  }
}

/** A driver whose workloads follow a script. Passes the conformance suite; its `http` services really listen. */
export function createFakeDriver(host: FakeHost): RoutingDriver {
  const find = (handle: Handle): Workload => {
    check(handle)
    const workload = host.workloads.get(handle.leaseId)
    if (!workload) throw new WorkloadNotFoundError(handle.leaseId)
    return workload
  }
  return {
    kind: 'fake',
    capabilities,
    probe: async () => host.report,
    start: async (spec, signal) => {
      signal.throwIfAborted()
      const reason = unsupported(capabilities, spec)
      if (reason !== undefined) throw new UnsupportedWorkloadError('fake', reason)
      if (!host.workloads.has(spec.leaseId)) host.workloads.set(spec.leaseId, await begin(host, spec))
      return handleOf(spec.leaseId)
    },
    find: async (leaseId) => (host.workloads.has(leaseId) ? handleOf(leaseId) : undefined),
    recover: async (handle) => {
      find(handle)
    },
    inspect: async (handle) => {
      const { result } = find(handle)
      return result ? { state: 'ended', result } : { state: 'running' }
    },
    wait: async (handle, signal) => {
      signal.throwIfAborted()
      const workload = find(handle)
      await untilAborted(workload.ended.promise, signal)
      if (!workload.result) throw new WorkloadNotFoundError(handle.leaseId)
      return workload.result
    },
    stop: async (handle) => {
      check(handle)
      const workload = host.workloads.get(handle.leaseId)
      if (workload) end(workload, { kind: 'stopped' })
    },
    destroy: async (handle) => {
      check(handle)
      const workload = host.workloads.get(handle.leaseId)
      if (workload) end(workload, { kind: 'stopped' })
      host.workloads.delete(handle.leaseId)
    },
    usage: async (handle) => {
      const { startedAtMs, result } = find(handle)
      return { cpuMs: (result?.atMs ?? Date.now()) - startedAtMs, memoryPeakBytes: MEBIBYTE }
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

function handleOf(leaseId: LeaseId): Handle {
  return { leaseId, driver: 'fake', version: 1, state: null }
}

function check(handle: Handle): void {
  if (handle.driver !== 'fake') throw new BadHandleError('fake', `it is of the ${handle.driver} driver`)
  if (handle.version !== 1) throw new BadHandleError('fake', `its version is ${handle.version}, known is 1`)
}

async function begin(host: FakeHost, spec: WorkloadSpec): Promise<Workload> {
  const [service] = spec.services
  const image = service?.image.kind === 'file' ? service.image.path : ''
  const script = host.scripts[image] ?? { ends: { kind: 'invalid', detail: 'no script for this image' } }
  if (script.failsToStart !== undefined) throw new StartFailedError(spec.leaseId, script.failsToStart)
  const startedAtMs = Date.now()
  const lines = (script.writes ?? []).map(
    (text): LogLine => ({ atMs: startedAtMs, service: service?.name ?? '', stream: 'stdout', text }),
  )
  const server = script.serves === undefined ? undefined : await listen(script.serves)
  const workload: Workload = { spec, result: undefined, ended: Promise.withResolvers(), lines, server, startedAtMs }
  if (script.ends) end(workload, script.ends)
  return workload
}

function end(workload: Workload, reason: ExitReason): void {
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
