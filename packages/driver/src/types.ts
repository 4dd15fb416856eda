import type { Readable, Writable } from 'node:stream'

/** A lease's id, 32 bytes in hexadecimal; every effect of a driver is idempotent on it. */
export type LeaseId = `0x${string}`

/** What survives `JSON.parse(JSON.stringify(x))`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * How a service is reached: `http` answers requests until it is stopped; `command` does not, it runs to its end or until it is
 * stopped.
 */
export type ServiceShape = 'http' | 'command'

/**
 * What to run: a file whose hash the caller has verified (a Wasm module, an image as `docker save` writes it), or an image that
 * the driver fetches.
 */
export type Image =
  | { readonly kind: 'file' /** Absolute. */; readonly path: string }
  | {
      readonly kind: 'registry' /** With its registry, e.g. `docker.io/library/nginx:1.29`. */
      readonly reference: string
    }

/**
 * A port on which a service listens. `http`: the ingress brings requests. `tls`: the ingress passes connections on by their
 * server name, still encrypted. `tcp`: only tunnels reach it.
 */
export type Port = { readonly target: number; readonly protocol: 'http' | 'tls' | 'tcp' }

/** How a container says that it is well. */
export type Healthcheck = {
  /** Runs in the container; well if it exits with 0. */
  readonly command: readonly string[]
  readonly intervalMs: number
  readonly timeoutMs: number
  /** So many failures in a row make it unhealthy. */
  readonly retries: number
  /** Failures so soon after the start do not count. */
  readonly startPeriodMs: number
}

/** What a service waits for in another before it is started. */
export type Dependency = 'started' | 'healthy' | 'completed'

/** A file that is in a container when it starts. */
export type MountedFile = {
  /** Absolute, in the container. */
  readonly path: string
  /** Permission bits, e.g. `0o444`. */
  readonly mode: number
  readonly content: Uint8Array
}

/** One service of a Compose file, with everything resolved. What is absent a driver without that power does not need. */
export type ServiceSpec = {
  /** Its key in the Compose file; also its name in the lease's private network. */
  readonly name: string
  readonly shape: ServiceShape
  readonly image: Image
  /** Absent: the image's own. */
  readonly entrypoint?: readonly string[]
  /** What follows the program's name. Empty: the image's own, if `entrypoint` is absent too. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Containers of this service within the lease. */
  readonly replicas: number
  /** Each container's limits. Absent: the lease's. */
  readonly cpuMilli?: number
  readonly memoryBytes?: number
  readonly ports?: readonly Port[]
  readonly workingDirectory?: string
  /** Compose's `user`: `uid`, `uid:gid` or names that the image knows. Absent: the image's own. */
  readonly user?: string
  /** Absent: the image's own. `none`: not even that. */
  readonly healthcheck?: Healthcheck | 'none'
  readonly dependsOn?: Readonly<Record<string, Dependency>>
  /** Absent: `never`. `maxRetries` absent: without end. */
  readonly restart?: { readonly when: 'never' | 'failed' | 'always'; readonly maxRetries?: number }
  readonly volumes?: readonly { readonly volume: string; readonly path: string; readonly readOnly: boolean }[]
  /** In memory, and counted to it. */
  readonly tmpfs?: readonly { readonly path: string; readonly sizeBytes: number }[]
  readonly files?: readonly MountedFile[]
  /** Like `files`, but never on a disk and in no log. */
  readonly secrets?: readonly MountedFile[]
  /** E.g. `SIGINT`. Absent: the image's own. */
  readonly stopSignal?: string
  /** How long this service may take to stop. Absent: what `stop` is told. */
  readonly stopGraceMs?: number
}

/** What a workload may use at most, all its services together. */
export type Limits = {
  /** Thousandths of a core. */
  readonly cpuMilli: number
  readonly memoryBytes: number
  readonly diskBytes: number
  /** How long a `command` may run before it is killed. Absent: until the lease ends. */
  readonly runMs?: number
  /** How long an `http` service may work on one request before it is answered with 504. Absent: the driver's own limit. */
  readonly requestMs?: number
}

/** What runs under one lease. */
export type WorkloadSpec = {
  readonly leaseId: LeaseId
  readonly services: readonly ServiceSpec[]
  readonly limits: Limits
  /** Kept from one container to the next, until `destroy`. */
  readonly volumes?: readonly { readonly name: string; readonly sizeBytes: number }[]
  /** An earlier lease whose volumes of the same names this one takes over, with what is in them. */
  readonly previous?: LeaseId
  /** What it may reach beside its own services. Absent: nothing. */
  readonly network?: 'internet'
  /** Devices of {@link HostReport} that are its own. Absent: none. */
  readonly gpus?: readonly string[]
}

/** What the agent keeps so that a restarted driver finds its workload again. Plain JSON; `version` is of `state`. */
export type Handle = {
  readonly leaseId: LeaseId
  readonly driver: string
  readonly version: number
  readonly state: Json
}

/** What a driver can run, and which rarer powers it has. Fixed for the process. */
export type Capabilities = {
  /** Values of Compose's `platform` that it runs, e.g. `wasi/wasm`. */
  readonly platforms: readonly string[]
  readonly shapes: readonly ServiceShape[]
  readonly maxServices: number
  /** Per service. */
  readonly maxReplicas: number
  /** True if the driver is a {@link RoutingDriver}. */
  readonly routing: boolean
  /** True if it is a {@link ContainerDriver}: updates, volumes that outlive workloads, ways in. */
  readonly containers: boolean
  /** True if it is a {@link TaskDriver}: it runs a job's tasks. */
  readonly tasks: boolean
}

/** A graphics card. */
export type Gpu = {
  /** How the runtime names it, e.g. `GPU-5c1f…`. */
  readonly id: string
  /** Resource class, e.g. `gpu.nvidia.h100-80gb`. */
  readonly resource: string
  readonly memoryBytes: number
  readonly driverVersion: string
}

/** What the host could run now. */
export type HostReport =
  | {
      readonly healthy: true
      /** Cores of the host, in thousandths, and those that were idle over the last minute. */
      readonly cpuMilliTotal: number
      readonly cpuMilliFree: number
      readonly memoryBytesTotal: number
      readonly memoryBytesFree: number
      readonly diskBytesFree: number
      /** Absent: none. */
      readonly gpus?: readonly Gpu[]
    }
  | { readonly healthy: false; readonly reason: string }

/**
 * Why a workload ended.
 *
 * - `exited`: its own doing, with its own code.
 * - `stopped`: {@link Driver.stop} was called.
 * - `killed`: it passed a limit.
 * - `invalid`: the image cannot be run at all (not a Wasm module, misses an entry point, needs what the host does not have).
 * - `crashed`: it trapped or died of a signal.
 * - `lost`: it is gone and nobody saw why (the host restarted, somebody killed it).
 */
export type ExitReason =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'killed'; readonly by: 'memory' | 'time' | 'output' | 'disk'; readonly detail: string }
  | { readonly kind: 'invalid'; readonly detail: string }
  | { readonly kind: 'crashed'; readonly detail: string }
  | { readonly kind: 'lost' }

export type ExitResult = {
  readonly reason: ExitReason
  /** Unix time in milliseconds; of a `lost` workload, when it was found missing. */
  readonly atMs: number
}

/** `waitingFor`: why it is not ready yet, or not well, e.g. `db is not healthy: …`; absent once every service is. */
export type WorkloadStatus =
  | { readonly state: 'running'; readonly waitingFor?: string }
  | { readonly state: 'ended'; readonly result: ExitResult }

/** Since start, cumulative, never falling. */
export type Usage = {
  /** CPU time of all its threads, in milliseconds. */
  readonly cpuMs: number
  /** The most memory it held at a sample. */
  readonly memoryPeakBytes: number
}

/** Of one service, all its containers together, also those that were before. */
export type ServiceUsage = Usage & {
  readonly service: string
  /** What it holds now; 0 once nothing of it runs. */
  readonly memoryBytes: number
}

/** Usage of a whole workload and of each service; what services used adds up to what it used. */
export type WorkloadUsage = Usage & {
  /** When it was measured, Unix time in milliseconds. */
  readonly atMs: number
  readonly memoryBytes: number
  readonly services: readonly ServiceUsage[]
}

export type LogStream = 'stdout' | 'stderr' | 'system'

/** One line that a workload wrote, or (`system`) that the driver wrote about it. */
export type LogLine = {
  /** Unix time in milliseconds. */
  readonly atMs: number
  readonly service: string
  readonly stream: LogStream
  /** Without its newline. Very long lines arrive in pieces. */
  readonly text: string
}

export type LogOptions = {
  /** Only the last so many lines of what is there already; 0 for none. Absent: all that is kept. */
  readonly tailLines?: number
  /** Go on until the workload ends. */
  readonly follow?: boolean
}

/** One port of one service. */
export type PortAddress = { readonly service: string; readonly port: number }

/** A place in one of a service's containers. `path` is absolute. */
export type ContainerPath = { readonly service: string; readonly replica: number; readonly path: string }

/** A command to run beside a service's own, in one of its containers. */
export type ExecRequest = {
  readonly service: string
  /** Which of the service's containers, from 0. */
  readonly replica: number
  readonly command: readonly string[]
  /** Absent: without a terminal. */
  readonly terminal?: { readonly columns: number; readonly rows: number }
}

/** A command that runs. Whoever started it ends it by `kill`; it ends by itself when its streams' other side is gone. */
export type ExecSession = {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Empty under a terminal: there both are one. */
  readonly stderr: Readable
  resize(size: { columns: number; rows: number }): Promise<void>
  /** Resolves with its code once it has ended and everything that it wrote was read. */
  readonly exit: Promise<number>
  kill(): void
}

/** Where a service listens, for the provider's ingress only. */
export type Endpoint = {
  readonly host: string
  readonly port: number
  /** To be added to every request; secret. The workload never sees them. */
  readonly headers: Readonly<Record<string, string>>
}
