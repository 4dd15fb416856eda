import { type FailureClass, failureTable, TenderError } from '@tender/protocol'
import type { Problem } from './problem.ts'

/** A problem that the gateway answered with. `code` and `hint` are the gateway's; `class` follows from the status. */
export class ApiError extends TenderError {
  /** HTTP status. */
  readonly status: number
  readonly problem: Problem

  constructor(problem: Problem) {
    const { detail, code, hint, status } = problem
    super(detail, { code, class: classOf(status), hint, data: { status, errors: problem.errors } })
    this.status = status
    this.problem = problem
  }
}

/** Statuses that the table of failures does not have, or has twice. */
const others: Readonly<Record<number, FailureClass>> = {
  401: 'denied',
  413: 'limit',
  415: 'user',
  422: 'chain',
  502: 'provider',
}

function classOf(status: number): FailureClass {
  const known = others[status]
  if (known) return known
  // CAST: an object's keys are its type's
  for (const name of Object.keys(failureTable) as FailureClass[])
    if (failureTable[name].httpStatus === status) return name
  return status >= 500 ? 'internal' : 'user'
}
