import type { Gpu, HostReport } from '@tender/driver'
import type Docker from 'dockerode'
import type { Firewall } from './isolation/firewall.ts'

export type ProbeOptions = {
  readonly engine: Docker
  readonly stateDir: string
  /** Put in force again at each probe. Absent: not looked at. */
  readonly firewall?: Firewall
  /** Free disk below which the host takes nothing more. Default: 1 GiB. */
  readonly keepFreeBytes?: number
}

/** What the host could run now. Never rejects. */
export declare function probeHost(options: ProbeOptions, signal: AbortSignal): Promise<HostReport>

export type HostInspection = {
  readonly cores: number
  readonly memoryBytes: number
  readonly disk: { readonly path: string; readonly totalBytes: number; readonly freeBytes: number }
  readonly gpus: readonly Gpu[]
  /** Absent: none answers; `reason` says why. */
  readonly engine?: {
    readonly version: string
    readonly storageDriver: string
    readonly cgroupVersion: string
    readonly runtimes: readonly string[]
  }
  readonly reason?: string
  /** `none` on bare metal, else e.g. `kvm`, `docker`, `unknown`. */
  readonly virtualisation: string
  readonly kvm: boolean
  /** gVisor is there and the engine knows it. */
  readonly runsc: boolean
}

/** What `tender provider init` prints and proposes from. Never rejects but for the signal's reason. */
export declare function inspectHost(
  options: { engine: Docker; stateDir: string },
  signal: AbortSignal,
): Promise<HostInspection>
