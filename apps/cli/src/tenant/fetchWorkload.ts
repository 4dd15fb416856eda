import * as http from 'node:http'
import * as https from 'node:https'
import { isIP } from 'node:net'
import { isPublicAddress, lookupPublic, privateAddress } from '@tender/kit'
import { TenderError, TimedOutError, UnreachableError } from '@tender/protocol'

/** For the whole answer: one that drips has not answered. */
const TIMEOUT_MS = 10_000

/** What of a body is read; more is not needed to see that it answers. */
const MAX_BODY_BYTES = 1024 ** 2

export type WorkloadResponse = { status: number; body: string }

export type FetchOptions = {
  /** The URL is a stranger's word: it must not make this machine knock on doors of its own network. */
  publicOnly?: boolean | undefined
}

/**
 * GETs a lease's URL. Names below `localhost` are reached at the loopback address, since resolvers differ on them.
 *
 * @throws {UnreachableError} {TimedOutError}; {TenderError} `privateAddress`
 * @example
 * const { status } = await fetchWorkload('http://r45gk2nq7xye.localhost:8546/', signal)
 */
export function fetchWorkload(
  url: string,
  signal: AbortSignal,
  { publicOnly = false }: FetchOptions = {},
): Promise<WorkloadResponse> {
  const { protocol, hostname, host, port, pathname, search } = new URL(url)
  const name = hostname.replace(/^\[|\]$/g, '')
  const connectTo = name === 'localhost' || name.endsWith('.localhost') ? '127.0.0.1' : name
  const { request } = protocol === 'https:' ? https : http
  const deadline = AbortSignal.timeout(TIMEOUT_MS)
  const options: http.RequestOptions = {
    host: connectTo,
    ...(port && { port }),
    path: pathname + search,
    headers: { host },
    signal: AbortSignal.any([signal, deadline]),
    ...(publicOnly && { lookup: lookupPublic }),
  }
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => {
      if (signal.aborted || cause instanceof TenderError) reject(cause)
      else if (deadline.aborted) reject(new TimedOutError(url, { limitMs: TIMEOUT_MS, cause }))
      else reject(new UnreachableError(`${url} cannot be reached`, { cause }))
    }
    if (publicOnly && isIP(connectTo) && !isPublicAddress(connectTo)) return fail(privateAddress(connectTo))
    const asking = request(options, (response) => {
      const status = response.statusCode ?? 0
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        body += part
        if (body.length < MAX_BODY_BYTES) return
        resolve({ status, body: body.slice(0, MAX_BODY_BYTES) })
        response.destroy()
      })
      response.on('end', () => resolve({ status, body }))
      response.on('error', fail)
    })
    asking.on('error', fail)
    asking.end()
  })
}
