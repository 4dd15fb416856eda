import { once } from 'node:events'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { type LeaseId, NotServingError } from '@tender/driver'

/** A container on the same host answers at once or not at all. */
const LIMIT_MS = 10_000

/**
 * Connects to a container by its address in its lease's network. `signal` ends only the opening.
 *
 * @throws {NotServingError} nothing listens there, or nothing answers within 10 s
 *
 * @example
 * const socket = await connectTo(leaseId, { host: '10.213.0.66', port: 5432 }, signal)
 */
export async function connectTo(
  leaseId: LeaseId,
  { host, port }: { host: string; port: number },
  signal: AbortSignal,
): Promise<Duplex> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]) })
    return socket
  } catch (error) {
    socket.destroy()
    if (signal.aborted) throw signal.reason
    const refused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
    throw new NotServingError(leaseId, refused ? `nothing listens on port ${port}` : `port ${port} does not answer`)
  }
}
