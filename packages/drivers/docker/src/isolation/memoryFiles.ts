import type { LeaseId, MountedFile } from '@tender/driver'
import type { HostMount, Owner } from './types.ts'

/** Files of leases that containers see read-only. */
export type LeaseFiles = {
  /**
   * Writes the files of one set of containers (`scope`, e.g. `3-web`: revision and service) and gives their mounts. Idempotent;
   * a scope's files are replaced in place, so never reuse a scope whose containers must keep the old ones.
   */
  write(
    leaseId: LeaseId,
    scope: string,
    files: readonly MountedFile[],
    owner: Owner,
    signal: AbortSignal,
  ): Promise<readonly HostMount[]>
  /** Removes one scope, or everything of the lease. Idempotent. */
  remove(leaseId: LeaseId, scope?: string): Promise<void>
}

/** Secrets: below a tmpfs, default `/run/tender`. @throws {TenderError} `notInMemory` when it is none (by `write`) */
export declare function createMemoryFiles(options?: { directory?: string }): LeaseFiles
