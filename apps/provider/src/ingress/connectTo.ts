import { connect as connectTcp, type Socket } from 'node:net'
import type { Endpoint } from '@tender/driver'
import { UnreachableError } from '@tender/protocol'

/** A container on the same host takes a connection at once, or not at all. */
const CONNECT_TIMEOUT_MS = 5_000

/**
 * Opens connections to endpoints in turn. One that takes none is passed over.
 *
 * @throws {UnreachableError} none takes one
 */
export function connectTo(endpoints: readonly Endpoint[]): (signal: AbortSignal) => Promise<Socket> {
  let next = 0
  return async (signal) => {
    const first = next++
    const refusals: unknown[] = []
    for (const offset of endpoints.keys()) {
      const endpoint = endpoints[(first + offset) % endpoints.length]
      if (!endpoint) continue
      try {
        return await opened(endpoint, AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]))
      } catch (error) {
        signal.throwIfAborted()
        refusals.push(error)
      }
    }
    throw new UnreachableError('the workload takes no connection', {
      code: 'workloadUnreachable',
      cause: new AggregateError(refusals),
    })
  }
}

async function opened({ host, port }: Endpoint, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  // Half open: what a workload still has to say is passed on after its visitor's side has ended.
  const socket = connectTcp({ host, port, noDelay: true, allowHalfOpen: true })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const aborted = () => reject(signal.reason)
  socket.once('connect', resolve)
  socket.once('error', reject)
  signal.addEventListener('abort', aborted)
  try {
    await promise
    socket.off('error', reject)
    return socket
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}
