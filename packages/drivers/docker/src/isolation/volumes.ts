import type { LeaseId } from '@tender/driver'
import type { Owner } from './types.ts'

export type VolumeRequest = {
  readonly name: string
  readonly sizeBytes: number
  /** Of the volume's folder when it is made: the container's user. Absent: root, and everybody may write. */
  readonly owner?: Owner
}

/** Volumes of leases, each a file system of its declared size in a file below `stateDir/volumes`. */
export type Volumes = {
  /**
   * Makes what is missing, takes over what `previous` has under the same names, mounts all. Gives the folder of each, by name.
   * Idempotent. To be called before containers start, also after the host was started anew.
   *
   * @throws {TenderError} `volumesUnsupported` not root, or no loop devices; `diskFull` the promises would pass the disk;
   *   `volumeBusy` the previous lease's container still uses it; `volumeDamaged`; `volumeShrinks`
   */
  ensure(
    leaseId: LeaseId,
    volumes: readonly VolumeRequest[],
    options: { previous?: LeaseId },
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>>
  /** Unmounts and keeps. Its containers have to be gone. Idempotent. */
  retire(leaseId: LeaseId, signal: AbortSignal): Promise<void>
  /** Unmounts and removes. Idempotent. */
  drop(leaseId: LeaseId, signal: AbortSignal): Promise<void>
  /** Leases with volumes here, and the bytes that each was promised. */
  list(): Promise<readonly { leaseId: LeaseId; sizeBytes: number }[]>
}

export declare function createVolumes(options: { stateDir: string; keepFreeBytes?: number }): Volumes
