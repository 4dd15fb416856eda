import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { cgiEnvironment, parseCgiResponse } from './cgi.ts'
import { tokenHeader } from './files.ts'
import type { Pool } from './pool.ts'
import type { Outcome } from './worker.ts'

export type ServeOptions = {
  pool: Pool
  token: string
  environment: Readonly<Record<string, string>>
  maximumBodyBytes: number
  /** Tells of a request that the workload failed to answer. */
  onFailure(text: string): void
}

/** Requests that may wait for a free thread; more are answered with 503 at once. */
const MAX_WAITING = 256
const MAX_CONNECTIONS = 1_024
/** All bodies being received or waiting, together. */
const MAX_BUFFERED_BYTES = 64 * 2 ** 20
/** For a whole request to arrive. The provider's ingress is next door, yet passes on what slow tenants send. */
const RECEIVE_MS = 60_000
const KEEP_ALIVE_MS = 75_000

/** Answers each request with a fresh instance of the module. */
export function serve({ pool, token, environment, maximumBodyBytes, onFailure }: ServeOptions): Promise<Server> {
  const expected = Buffer.from(token)
  let bufferedBytes = 0

  const receive = async (request: IncomingMessage): Promise<Uint8Array | 413 | 503> => {
    if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
      return new Uint8Array()
    }
    const chunks: Buffer[] = []
    let bytes = 0
    try {
      for await (const chunk of request) {
        // CAST: a request without an encoding yields buffers.
        const buffer = chunk as Buffer
        bytes += buffer.length
        bufferedBytes += buffer.length
        if (bytes > maximumBodyBytes) return 413
        if (bufferedBytes > MAX_BUFFERED_BYTES) return 503
        chunks.push(buffer)
      }
      return Buffer.concat(chunks)
    } finally {
      bufferedBytes -= bytes
    }
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (!isToken(request.headers[tokenHeader], expected)) return plain(response, 403, 'for the ingress only')
    if (pool.waiting() >= MAX_WAITING) return plain(response, 503, 'too many requests wait already')
    const body = await receive(request)
    if (typeof body === 'number') {
      response.setHeader('connection', 'close')
      return plain(
        response,
        body,
        body === 413 ? `at most ${maximumBodyBytes} bytes` : 'too many requests wait already',
      )
    }
    const { method = 'GET', url = '/', headers } = request
    const variables = cgiEnvironment({ method, url, headers, bodyBytes: body.length, environment })
    const outcome = await pool.run({ environment: variables, input: body, capture: true })
    const failure = respond(response, outcome)
    if (failure) onFailure(`${method} ${url}: ${failure}`)
  }

  const server = createServer({ requestTimeout: RECEIVE_MS, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    // A visitor who leaves in the middle is no event; its instance ends by itself or by its limit.
    answer(request, response).catch(() => response.destroy())
  })
  server.maxConnections = MAX_CONNECTIONS
  const { promise, resolve, reject } = Promise.withResolvers<Server>()
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => resolve(server))
  return promise
}

/** Sends the workload's answer; returns what was wrong with it, for the log. */
function respond(response: ServerResponse, outcome: Outcome): string | undefined {
  if (outcome.kind === 'killed') {
    plain(response, outcome.by === 'time' ? 504 : 502, `the workload was ended: it ${outcome.detail}`)
    return `ended (${outcome.by}): it ${outcome.detail}`
  }
  if (outcome.kind === 'crashed') {
    plain(response, 502, 'the workload crashed')
    return `crashed: ${outcome.detail}`
  }
  const parsed = outcome.code === 0 ? parseCgiResponse(outcome.answer) : `it exited with code ${outcome.code}`
  if (typeof parsed === 'string') {
    plain(response, 502, 'the workload gave no valid answer')
    return parsed
  }
  const headers = [...parsed.headers, ['content-length', String(parsed.body.length)] as const]
  response.writeHead(parsed.status, headers.flat())
  response.end(parsed.body)
  return undefined
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${status} ${text}\n`)
}

function isToken(value: string | string[] | undefined, expected: Buffer): boolean {
  if (typeof value !== 'string') return false
  const given = Buffer.from(value)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
