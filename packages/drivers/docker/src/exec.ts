import type { ExecRequest, ExecSession, LeaseId } from '@tender/driver'
import type Docker from 'dockerode'

/** Runs a command in a running container. `signal` ends only the opening. @throws {NotServingError} {StartFailedError} */
export declare function execIn(
  container: Docker.Container,
  leaseId: LeaseId,
  request: Pick<ExecRequest, 'command' | 'terminal'>,
  signal: AbortSignal,
): Promise<ExecSession>
