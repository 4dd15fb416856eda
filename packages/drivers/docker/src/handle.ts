import { BadHandleError, type Handle, type LeaseId } from '@tender/driver'
import { z } from 'zod'

export const kind = 'docker'
const version = 1
/** Which of the lease's specs it leads to; an update gives the next one. Everything else is in the record and the engine. */
const stateSchema = z.object({ revision: z.int().min(1) })

/** A lease id, which becomes part of paths and names. */
export const leaseIdPattern = /^0x[0-9a-f]{64}$/

export function createHandle(leaseId: LeaseId, revision: number): Handle {
  return { leaseId, driver: kind, version, state: { revision } }
}

/** The revision that a handle names. @throws {BadHandleError} */
export function revisionOf(handle: Handle): number {
  if (handle.driver !== kind) throw new BadHandleError(kind, `it is of the ${handle.driver} driver`)
  if (handle.version !== version)
    throw new BadHandleError(kind, `its version is ${handle.version}, known is ${version}`)
  if (!leaseIdPattern.test(handle.leaseId)) throw new BadHandleError(kind, 'its leaseId is not 32 bytes in lower case')
  const state = stateSchema.safeParse(handle.state)
  if (!state.success) throw new BadHandleError(kind, 'its state is damaged', state.error)
  return state.data.revision
}
