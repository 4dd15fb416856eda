import type Docker from 'dockerode'
import type { Owner } from './types.ts'

/**
 * Who the processes of an image run as. `user`: the service's, else the image's own (`Config.User`), else root. Names are looked
 * up in the image's own /etc/passwd and /etc/group, through a container that is never started.
 *
 * @throws {TenderError} `unknownUser`
 */
export declare function imageUser(
  engine: Docker,
  image: string,
  user: string | undefined,
  signal: AbortSignal,
): Promise<Owner>
