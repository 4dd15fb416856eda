import { BadHandleError, type Handle, type LeaseId } from '@tender/driver'
import { z } from 'zod'

export const kind = 'wasm'
const version = 1
/** Which of the lease's claims names its process. Everything else is in the lease's folder. */
const stateSchema = z.object({ attempt: z.number().int().nonnegative() })

export function createHandle(leaseId: LeaseId, attempt: number): Handle {
  return { leaseId, driver: kind, version, state: { attempt } }
}

/** The attempt that a handle names. @throws {BadHandleError} */
export function attemptOf(handle: Handle): number {
  if (handle.driver !== kind) throw new BadHandleError(kind, `it is of the ${handle.driver} driver`)
  if (handle.version !== version)
    throw new BadHandleError(kind, `its version is ${handle.version}, known is ${version}`)
  // The id becomes part of a path.
  if (!/^0x[0-9a-f]{64}$/.test(handle.leaseId))
    throw new BadHandleError(kind, 'its leaseId is not 32 bytes in lower case')
  const state = stateSchema.safeParse(handle.state)
  if (!state.success) throw new BadHandleError(kind, 'its state is damaged', state.error)
  return state.data.attempt
}
