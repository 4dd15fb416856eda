import type {
  Capabilities,
  Endpoint,
  ExitResult,
  Handle,
  HostReport,
  LeaseId,
  LogLine,
  LogOptions,
  Usage,
  WorkloadSpec,
  WorkloadStatus,
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
   * const handle = await driver.start({ leaseId, services: [{ name: 'web', shape: 'http', image: '/blobs/3f…', args: [],
   *   environment: {}, replicas: 1 }], limits: { cpuMilli: 1000, memoryBytes: 2 ** 28, diskBytes: 0 } }, signal)
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
  usage(handle: Handle): Promise<Usage>
  /** What it wrote, oldest first; still there after its end, gone after `destroy`. What is kept is capped. */
  logs(handle: Handle, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine>
}

/** A driver whose `http` services can be reached. */
export type RoutingDriver = Driver & {
  /** Where the `http` service listens. Does not change while the workload runs. @throws {NotServingError} */
  endpoint(handle: Handle): Promise<Endpoint>
}

/** Narrows to the power that `capabilities.routing` declares. */
export function isRouting(driver: Driver): driver is RoutingDriver {
  return driver.capabilities.routing
}
