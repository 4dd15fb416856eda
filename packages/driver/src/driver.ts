import type { Duplex, Readable } from 'node:stream'
import type {
  Capabilities,
  ContainerPath,
  Endpoint,
  ExecRequest,
  ExecSession,
  ExitResult,
  Handle,
  HostReport,
  LeaseId,
  LogLine,
  LogOptions,
  PortAddress,
  WorkloadSpec,
  WorkloadStatus,
  WorkloadUsage,
} from './types.ts'

/**
 * Runs one kind of workload on this host. Keeps nothing that {@link Handle} does not lead to, so that any instance can take
 * over any workload. Workloads live on when the process that started them is killed.
 *
 * Every method but `probe`, `start`, `find`, `stop` and `destroy` throws {@link WorkloadNotFoundError} for a workload that never
 * was or was destroyed, and {@link BadHandleError} for a handle that is not this driver's.
 */
export type Driver = {
  /** Names the driver in handles, e.g. `wasm`. */
  readonly kind: string
  /** Fixed for the process, so that the agent declines a bid instead of failing at `start`. */
  readonly capabilities: Capabilities
  /** What the host could run now. Never rejects: an unhealthy host is a value. */
  probe(signal: AbortSignal): Promise<HostReport>
  /**
   * Starts `spec`; resolves once it runs, or has ended already (an image that cannot be run is an {@link ExitResult}).
   * Idempotent on `spec.leaseId`: what runs, or ran, under it is returned and not run again. When aborted it leaves nothing.
   *
   * @throws {UnsupportedWorkloadError} what `capabilities` excludes
   * @throws {StartFailedError} the host could not start it
   *
   * @example
   * const handle = await driver.start({ leaseId, services: [{ name: 'web', shape: 'http', image: { kind: 'file',
   *   path: '/blobs/3f…' }, args: [], environment: {}, replicas: 1 }], limits: { cpuMilli: 1000, memoryBytes: 2 ** 28, diskBytes: 0 } }, signal)
   */
  start(spec: WorkloadSpec, signal: AbortSignal): Promise<Handle>
  /**
   * The handle of what runs, or ran, under a lease; `undefined` if nothing did. For an agent that was killed after `start` and
   * before it had kept the handle.
   */
  find(leaseId: LeaseId): Promise<Handle | undefined>
  /** Adopts a workload that an earlier process started. Whether it still runs is for `inspect` to say. */
  recover(handle: Handle, signal: AbortSignal): Promise<void>
  inspect(handle: Handle): Promise<WorkloadStatus>
  /** Resolves when it has ended; at once if it had. */
  wait(handle: Handle, signal: AbortSignal): Promise<ExitResult>
  /** Asks, waits `graceMs`, then kills. Resolves once nothing runs, also if nothing ran before. */
  stop(handle: Handle, options: { graceMs: number }): Promise<void>
  /** Removes every trace, logs and volumes included. Idempotent. */
  destroy(handle: Handle): Promise<void>
  /** Usage since start, cumulative: a lost sample costs precision, never money. */
  usage(handle: Handle): Promise<WorkloadUsage>
  /** What it wrote, oldest first; still there after its end, gone after `destroy`. What is kept is capped. */
  logs(handle: Handle, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine>
}

/** A driver whose `http` services can be reached. */
export type RoutingDriver = Driver & {
  /**
   * Where a port is served, each of the service's containers once; without `port` that of the first `http` service. Does not
   * change while the workload runs under this handle.
   *
   * @throws {NotServingError} it has ended, or no such port
   */
  endpoints(handle: Handle, port?: PortAddress): Promise<readonly Endpoint[]>
}

/** A driver of containers: they can be replaced, entered, and leave volumes behind. */
export type ContainerDriver = RoutingDriver & {
  /**
   * Replaces what runs by another spec of the same lease, in two phases: the services that differ start beside the old ones and
   * become healthy, then names and endpoints move, then the old ones go. A service with a volume that is written to is stopped
   * first. Resolves with the new handle; the old one then leads nowhere. When it fails, or is aborted, the old one runs as before.
   * Idempotent: after a crash in the middle, or after it was done, the same call with the old handle goes on and gives the new one.
   *
   * @throws {UpdateFailedError} why the new one never became healthy, with the end of its log
   */
  update(handle: Handle, spec: WorkloadSpec, signal: AbortSignal): Promise<Handle>
  /** Opens a connection to a port, declared or not, of a service's first container that runs. @throws {NotServingError} */
  connect(handle: Handle, port: PortAddress, signal: AbortSignal): Promise<Duplex>
  /** Runs a command in a container. @throws {NotServingError} no such container runs; {StartFailedError} no such program */
  exec(handle: Handle, request: ExecRequest, signal: AbortSignal): Promise<ExecSession>
  /** A file or directory of a container as a tar stream, its last name at the top. @throws {PathNotFoundError} */
  copyOut(handle: Handle, from: ContainerPath, signal: AbortSignal): Promise<Readable>
  /** Unpacks a tar stream into a directory of a container that can be written to. @throws {PathNotFoundError} */
  copyIn(handle: Handle, to: ContainerPath, tar: Readable, signal: AbortSignal): Promise<void>
  /** Like `destroy`, but the volumes stay, for a spec that names this lease as `previous`. Idempotent. */
  retire(handle: Handle): Promise<void>
  /** Leases that have volumes here, running or retired, with the bytes that each was promised. */
  keptVolumes(): Promise<readonly { leaseId: LeaseId; sizeBytes: number }[]>
  /** Removes the volumes of a retired lease. Idempotent. */
  dropVolumes(leaseId: LeaseId): Promise<void>
}

/** Narrows to the power that `capabilities.routing` declares. */
export function isRouting(driver: Driver): driver is RoutingDriver {
  return driver.capabilities.routing
}

/** Narrows to the power that `capabilities.containers` declares. */
export function isContainerDriver(driver: Driver): driver is ContainerDriver {
  return driver.capabilities.containers
}
