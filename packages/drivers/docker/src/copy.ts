import type { Readable } from 'node:stream'
import type { LeaseId } from '@tender/driver'
import type Docker from 'dockerode'
import type { Owner } from './isolation/types.ts'

/** A file or folder of a container as a tar, its last name at the top. @throws {PathNotFoundError} */
export declare function copyFrom(
  container: Docker.Container,
  leaseId: LeaseId,
  path: string,
  signal: AbortSignal,
): Promise<Readable>

/** Unpacks a tar into a folder of a container that is a volume or tmpfs; everything becomes `owner`'s. @throws {PathNotFoundError} */
export declare function copyInto(
  container: Docker.Container,
  leaseId: LeaseId,
  to: { path: string; owner: Owner },
  tar: Readable,
  signal: AbortSignal,
): Promise<void>
