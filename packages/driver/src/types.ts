/** A lease's id, 32 bytes in hexadecimal; every effect of a driver is idempotent on it. */
export type LeaseId = `0x${string}`

/** What survives `JSON.parse(JSON.stringify(x))`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * How a service is reached: `http` answers requests until it is stopped, `command` runs to its end.
 */
export type ServiceShape = 'http' | 'command'

/** One service of a Compose file, with everything resolved. */
export type ServiceSpec = {
  /** Its key in the Compose file. */
  readonly name: string
  readonly shape: ServiceShape
  /** What to run: the absolute path of a file whose hash the caller has verified. */
  readonly image: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Containers of this service within the lease. */
  readonly replicas: number
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
  | { readonly kind: 'killed'; readonly by: 'memory' | 'time' | 'output'; readonly detail: string }
  | { readonly kind: 'invalid'; readonly detail: string }
  | { readonly kind: 'crashed'; readonly detail: string }
  | { readonly kind: 'lost' }

export type ExitResult = {
  readonly reason: ExitReason
  /** Unix time in milliseconds; of a `lost` workload, when it was found missing. */
  readonly atMs: number
}

export type WorkloadStatus = { readonly state: 'running' } | { readonly state: 'ended'; readonly result: ExitResult }

/** Since start, cumulative, never falling. */
export type Usage = {
  /** CPU time of all its threads, in milliseconds. */
  readonly cpuMs: number
  /** The most memory it held at a sample. */
  readonly memoryPeakBytes: number
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

/** Where a service listens, for the provider's ingress only. */
export type Endpoint = {
  readonly host: string
  readonly port: number
  /** To be added to every request; secret. The workload never sees them. */
  readonly headers: Readonly<Record<string, string>>
}
