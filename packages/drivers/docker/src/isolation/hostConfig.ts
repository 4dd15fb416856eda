import type { ServiceSpec } from '@tender/driver'
import type { HostConfig } from 'dockerode'
import type { HostMount, LeaseNetwork } from './types.ts'

/** What one container may use at most. */
export type Share = { readonly cpuMilli: number; readonly memoryBytes: number }

export type HostConfigOptions = {
  readonly network: LeaseNetwork
  /** Volumes, files and secrets of this service. */
  readonly mounts: readonly HostMount[]
  /** `Config.Volumes` of the image: Docker would give each of them a folder on the host's disk. */
  readonly imageVolumes: readonly string[]
  /** An OCI runtime that the engine knows, e.g. `runsc`. Absent: `runc`, whatever the engine's default is. */
  readonly runtime?: string
  /** Ids of the GPUs that are its own. */
  readonly gpus?: readonly string[]
  readonly cgroupParent?: string
}

export function hostConfigOf(service: ServiceSpec, share: Share, options: HostConfigOptions): HostConfig {
  throw new Error(`being written: ${service.name} ${share.cpuMilli} ${options.network.name}`)
}
