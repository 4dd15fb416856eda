import { Agent, createServer, type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TenderError } from '@tender/protocol'

/** Where a lease's workload answers, or why it does not. */
export type Route =
  | { state: 'ready'; host: string; port: number; headers: Readonly<Record<string, string>> }
  | { state: 'starting' }
  | { state: 'failed'; reason: string }

export type Ingress = {
  readonly port: number
  close(): Promise<void>
}

export type IngressOptions = {
  /** Address to listen on, e.g. `127.0.0.1`. */
  host: string
  /** 0 takes a free port. */
  port: number
  /** The route of a host label (the part of `Host` before the first dot); `undefined` if no lease has it. */
  route(label: string): Promise<Route | undefined>
}

/** How long a workload may stay silent before its request is given up. */
const WORKLOAD_TIMEOUT_MS = 60_000

/** A connection on which nothing moves for so long is closed, so that visitors who only hold on do not keep others out. */
const IDLE_TIMEOUT_MS = 2 * WORKLOAD_TIMEOUT_MS

/** Leaves file descriptors for the chain, the peers and the workloads. */
const MAX_CONNECTIONS = 4_096

/** A client that cannot send its headers in this time is not a client. */
const HEADERS_TIMEOUT_MS = 10_000

// RFC 9110, 7.6.1: these belong to one connection and are not forwarded. `expect` was answered here.
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Serves every lease of this provider on one port, told apart by the first label of `Host`. Bodies stream both ways.
 *
 * @throws {TenderError} `portTaken`
 */
export async function startIngress({ host, port, route }: IngressOptions): Promise<Ingress> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  const server = createServer((request, response) => {
    route(labelOf(request))
      .then((found) => (found?.state === 'ready' ? forward(request, response, found, agent) : answer(response, found)))
      .catch(() => fail(response))
  })
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.timeout = IDLE_TIMEOUT_MS
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(cause, host, port)))
    server.listen(port, host, resolve)
  })
  return {
    // CAST: a server that listens on TCP has an AddressInfo.
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        agent.destroy()
      }),
  }
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  if (cause.code !== 'EADDRINUSE') return cause
  return new TenderError(`port ${port} on ${host} is taken`, {
    code: 'portTaken',
    class: 'conflict',
    hint: 'Choose another ingress port, or stop what listens there.',
    cause,
    data: { host, port },
  })
}

function labelOf(request: IncomingMessage): string {
  return (request.headers.host ?? '').split(/[.:]/, 1)[0]?.toLowerCase() ?? ''
}

function answer(response: ServerResponse, found: Exclude<Route, { state: 'ready' }> | undefined): void {
  const [status, text] =
    found === undefined
      ? [404, 'No lease of this provider answers to this host.']
      : found.state === 'starting'
        ? [503, 'The workload is starting.']
        : [502, `The workload does not answer: ${found.reason}.`]
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    ...(status === 503 && { 'retry-after': '1' }),
  })
  response.end(`${text}\n`)
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  target: Extract<Route, { state: 'ready' }>,
  agent: Agent,
): void {
  const upstream = sendRequest({
    agent,
    host: target.host,
    port: target.port,
    method: request.method,
    path: request.url,
    headers: { ...forwardable(request), ...framing(request), ...target.headers },
    timeout: WORKLOAD_TIMEOUT_MS,
  })
  upstream.on('response', (reply) => {
    try {
      response.writeHead(reply.statusCode ?? 502, forwardable(reply))
    } catch {
      // A status or header that HTTP does not have: the workload's doing, not ours.
      upstream.destroy()
      return fail(response)
    }
    reply.pipe(response)
    reply.on('error', () => response.destroy())
  })
  upstream.on('timeout', () => upstream.destroy(new Error('silent for too long')))
  upstream.on('error', () => fail(response))
  // Also without an error, as when a workload answers with an upgrade that nobody asked for.
  upstream.on('close', () => {
    if (!response.headersSent) fail(response)
  })
  // Also when the client left: nobody waits for the answer.
  response.on('close', () => upstream.destroy())
  request.pipe(upstream)
}

function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy()
  else answer(response, { state: 'failed', reason: 'it gave no answer' })
}

/**
 * How the body's end is told, exactly as this server understood it: the two parsers must not differ on where the next request
 * begins, whatever `connection` names and for methods that seldom have a body.
 */
function framing({ headers }: IncomingMessage): Record<string, string> {
  if (headers['transfer-encoding'] !== undefined) return { 'transfer-encoding': 'chunked' }
  const length = headers['content-length']
  return length === undefined ? {} : { 'content-length': length }
}

/** The message's end-to-end headers, with the address of whoever sent a request. */
function forwardable(message: IncomingMessage): Record<string, string | string[]> {
  const named = new Set((message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()))
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name)) headers[name] = value
  }
  if (message.url) headers['x-forwarded-for'] = message.socket.remoteAddress ?? ''
  return headers
}
