import { request } from 'node:http'
import { TimedOutError, UnreachableError } from '@tender/protocol'

const TIMEOUT_MS = 10_000

/** What of a body is read; more is not needed to see that it answers. */
const MAX_BODY_BYTES = 1024 ** 2

export type WorkloadResponse = { status: number; body: string }

/**
 * GETs a lease's URL. Names below `localhost` are reached at the loopback address, since resolvers differ on them.
 *
 * @throws {UnreachableError} {TimedOutError}
 * @example
 * const { status } = await fetchWorkload('http://r45gk2nq7xye.localhost:8546/', signal)
 */
export function fetchWorkload(url: string, signal: AbortSignal): Promise<WorkloadResponse> {
  const { hostname, host, port, pathname, search } = new URL(url)
  const connectTo = hostname === 'localhost' || hostname.endsWith('.localhost') ? '127.0.0.1' : hostname
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: connectTo, port: port || 80, path: pathname + search, headers: { host }, timeout: TIMEOUT_MS, signal },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          if (body.length < MAX_BODY_BYTES) body += part
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
        response.on('error', reject)
      },
    )
    asking.on('timeout', () => asking.destroy(new TimedOutError(url, { limitMs: TIMEOUT_MS })))
    asking.on('error', (cause) => {
      const ours = signal.aborted || cause instanceof TimedOutError
      reject(ours ? cause : new UnreachableError(`${url} cannot be reached`, { cause }))
    })
    asking.end()
  })
}
