import { type Agent, createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { answer, fail } from './answer.ts'
import type { Certificates } from './certificates/certificates.ts'
import { forward, type Visit } from './forward.ts'
import { hasBody, type Visitor } from './headers.ts'
import type { IngressLimits } from './limits.ts'
import type { FindRoute } from './route.ts'

export type HttpOptions = {
  route: FindRoute
  certificates?: Certificates
  redirectPort?: number
  limits: IngressLimits
  upstreams: Agent
  /** Who is at the other end of a connection. */
  visitorOf(connection: Duplex): Visitor
  /** Told the status of each answer. */
  answered(status: number): void
}

/** How often at least connections are looked through for those that are late with their headers. */
const CHECK_MS = 5_000

const CHALLENGE_PATH = '/.well-known/acme-challenge/'

/**
 * An HTTP server that listens nowhere: it is given connections by its event `connection`.
 *
 * HTTP/2 is not spoken: who offers it (`Upgrade: h2c`) is answered in HTTP/1.1.
 */
export function serveHttp(options: HttpOptions): Server {
  const { limits, visitorOf } = options
  const serving = (visit: Visit) => {
    const { response } = visit
    response.once('close', () => response.headersSent && options.answered(response.statusCode))
    void serve(visit, options).catch(() => fail(response))
  }
  const server = createServer({
    headersTimeout: limits.headersMs,
    // A body may take as long as it moves.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(CHECK_MS, limits.headersMs),
    shouldUpgradeCallback: changesProtocol,
  })
  server.timeout = limits.idleMs
  // Node looks for late headers from the moment when a server listens, which this one never does.
  server.emit('listening')
  server.on('request', (request, response) => serving({ request, response, visitor: visitorOf(request.socket) }))
  server.on('upgrade', (request, connection, head) => {
    // Node leaves the connection to us, errors included.
    connection.on('error', () => {})
    const visitor = visitorOf(request.socket)
    serving({ request, response: responseOver(request), visitor, upgrade: { connection, head } })
  })
  return server
}

/** A body would come before the new protocol, but after the answer that begins it: whoever sends one is served without change. */
function changesProtocol(request: IncomingMessage): boolean {
  return !/^h2c?$/i.test(request.headers.upgrade ?? '') && !hasBody(request)
}

/** For an answer on a connection that Node has let go of; it is its last. */
function responseOver(request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(request.socket)
  request.socket.setTimeout(0)
  response.on('finish', () => request.socket.end())
  return response
}

async function serve(visit: Visit, options: HttpOptions): Promise<void> {
  const { request, response, visitor } = visit
  const host = hostOf(request)
  if (visitor.serverName !== undefined && visitor.serverName !== host) return answer(response, { state: 'misdirected' })
  if (!visitor.secure && !visitor.trusted && answeredFirst(visit, host, options)) return
  const route = await options.route(host)
  if (route?.state !== 'ready') return answer(response, route ?? { state: 'none' })
  const { silenceMs, upgradedIdleMs } = options.limits
  forward(visit, route, { upstreams: options.upstreams, silenceMs, upgradedIdleMs })
}

/** What a plain connection is answered by the ingress itself: proofs for the certificate authority, and the way to `https`. */
function answeredFirst({ request, response }: Visit, host: string, options: HttpOptions): boolean {
  const { certificates, redirectPort } = options
  const target = request.url ?? '/'
  if (target.startsWith(CHALLENGE_PATH)) {
    const proof = certificates?.challenge(host, target.slice(CHALLENGE_PATH.length))
    if (proof !== undefined) response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(proof)
    return proof !== undefined
  }
  if (redirectPort === undefined || !certificates?.has(host) || !target.startsWith('/')) return false
  const port = redirectPort === 443 ? '' : `:${redirectPort}`
  // 308: the method and the body stay as they are.
  response.writeHead(308, { location: `https://${host}${port}${target}` }).end()
  return true
}

/** `Host` without its port, in lower case. */
function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
}
