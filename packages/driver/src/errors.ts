import { TenderError } from '@tender/protocol'
import type { LeaseId } from './types.ts'

/** Nothing runs or ran under this lease here, or it was destroyed. */
export class WorkloadNotFoundError extends TenderError {
  constructor(leaseId: LeaseId, cause?: unknown) {
    super(`no workload of lease ${leaseId} on this host`, {
      code: 'workloadNotFound',
      class: 'notFound',
      data: { leaseId },
      cause,
    })
  }
}

/** The driver's capabilities exclude the workload; asking again cannot help. */
export class UnsupportedWorkloadError extends TenderError {
  constructor(driver: string, reason: string, cause?: unknown) {
    super(`the ${driver} driver cannot run this: ${reason}`, {
      code: 'unsupportedWorkload',
      class: 'user',
      data: { driver, reason },
      cause,
    })
  }
}

/** The host failed to start a workload. */
export class StartFailedError extends TenderError {
  constructor(leaseId: LeaseId, reason: string, cause?: unknown) {
    super(`lease ${leaseId} could not be started: ${reason}`, {
      code: 'startFailed',
      class: 'provider',
      data: { leaseId, reason },
      cause,
    })
  }
}

/** The replacement never became healthy; what ran before runs on. */
export class UpdateFailedError extends TenderError {
  constructor(leaseId: LeaseId, reason: string, cause?: unknown) {
    super(`lease ${leaseId} could not be updated: ${reason}`, {
      code: 'updateFailed',
      class: 'workload',
      data: { leaseId, reason },
      cause,
    })
  }
}

/** No such path in the container, or it cannot be written to. */
export class PathNotFoundError extends TenderError {
  constructor(path: string, reason: string, cause?: unknown) {
    super(`${path}: ${reason}`, { code: 'pathNotFound', class: 'notFound', data: { path }, cause })
  }
}

/** The workload has ended, or has no `http` service. */
export class NotServingError extends TenderError {
  constructor(leaseId: LeaseId, reason: string) {
    super(`lease ${leaseId} serves nothing: ${reason}`, {
      code: 'notServing',
      class: 'conflict',
      data: { leaseId, reason },
    })
  }
}

/** A handle of another driver, of an unknown version, or damaged. */
export class BadHandleError extends TenderError {
  constructor(driver: string, reason: string, cause?: unknown) {
    super(`not a handle of the ${driver} driver: ${reason}`, {
      code: 'badHandle',
      class: 'internal',
      data: { driver, reason },
      cause,
    })
  }
}
