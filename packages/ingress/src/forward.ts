import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
  request as sendRequest,
} from 'node:http'
import type { Duplex } from 'node:stream'
import { failureClass } from '@tender/protocol/errors'
import { fail } from './answer.ts'
import { endToEnd, hasBody, requestHeaders, trailerNames, trailersOf, trailersWanted, type Visitor } from './headers.ts'
import type { ReadyRoute } from './route.ts'
import { splice } from './splice.ts'
import type { RoutedOptions } from './upstreams.ts'

/** One request and who sent it. */
export type Visit = {
  request: IncomingMessage
  response: ServerResponse
  visitor: Visitor
  /** The connection and what was read of it already, if the request asks to change its protocol. */
  upgrade?: { connection: Duplex; head: Buffer }
}

export type ForwardOptions = {
  upstreams: Agent
  /** How long a workload may stay silent before its request is given up. */
  silenceMs: number
  /** How long nothing may move on a connection that changed its protocol. */
  upgradedIdleMs: number
}

/** May be sent again without harm (RFC 9110, 9.2.2). */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Sends a request to its workload and the answer back, both as they come. */
export function forward(visit: Visit, route: ReadyRoute, options: ForwardOptions): void {
  const { request, response, upgrade } = visit
  const upstream = sendRequest(requestOptions(visit, route, options))
  // Once true, this attempt has no say any more.
  let over = false
  upstream.on('response', (reply) => passAnswer(reply, visit, upstream))
  if (upgrade) {
    upstream.on('upgrade', (reply, connection, head) => {
      over = true
      change(visit, { reply, connection, head }, options)
    })
  }
  let silent = false
  upstream.on('timeout', () => {
    silent = true
    upstream.destroy(new Error('silent for too long'))
  })
  upstream.on('error', (error) => {
    if (over) return
    over = !silent && isStale(upstream, visit)
    if (over) forward(visit, route, options)
    else fail(response, failureClass(error) === 'limit')
  })
  // Also without an error, as when a workload answers with an upgrade that nobody asked for.
  upstream.on('close', () => {
    if (over) return
    if (!response.headersSent) fail(response)
    // A body that nobody takes any more would hold up the connection's next request.
    request.unpipe(upstream)
    request.resume()
  })
  // Also when the visitor left: nobody waits for the answer.
  response.on('close', () => upstream.destroy())
  passBody(request, upstream)
}

function requestOptions({ request, visitor, upgrade }: Visit, route: ReadyRoute, options: ForwardOptions) {
  const change = upgrade ? { connection: 'Upgrade', upgrade: request.headers.upgrade } : trailersWanted(request.headers)
  return {
    route,
    visitor,
    agent: options.upstreams,
    method: request.method,
    path: pathOf(request.url ?? '/'),
    headers: { ...requestHeaders(request, visitor), ...change, ...route.headers },
    timeout: options.silenceMs,
  } satisfies RoutedOptions
}

/** Which workload is asked was decided by `Host`: a target that names another host has no say. */
function pathOf(target: string): string {
  if (target.startsWith('/') || target === '*') return target
  if (!URL.canParse(target)) return '/'
  const { pathname, search } = new URL(target)
  return pathname + search
}

/** A kept connection that the workload closed in the moment in which it was used again. */
function isStale(upstream: ClientRequest, { request, response }: Visit): boolean {
  const unanswered = !response.headersSent && !response.destroyed
  return upstream.reusedSocket && unanswered && REPEATABLE.has(request.method ?? '') && !hasBody(request)
}

function passBody(request: IncomingMessage, upstream: ClientRequest): void {
  request.on('end', () => upstream.addTrailers(trailersOf(request)))
  request.pipe(upstream)
  // Node holds headers back for the first piece of a body, which may be long in coming.
  setImmediate(() => {
    if (!upstream.writableEnded && !upstream.destroyed) upstream.flushHeaders()
  })
}

function passAnswer(reply: IncomingMessage, { request, response }: Visit, upstream: ClientRequest): void {
  const chunked = reply.headers['transfer-encoding'] !== undefined && request.httpVersion === '1.1'
  try {
    response.writeHead(reply.statusCode ?? 502, { ...endToEnd(reply), ...(chunked && trailerNames(reply.headers)) })
  } catch {
    // A status or header that HTTP does not have: the workload's doing, not ours.
    upstream.destroy()
    fail(response)
    return
  }
  reply.on('end', () => response.addTrailers(trailersOf(reply)))
  reply.on('error', () => response.destroy())
  reply.pipe(response)
  setImmediate(() => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders()
  })
}

type Changed = { reply: IncomingMessage; connection: Duplex; head: Buffer }

/** The workload agreed to another protocol: from here on bytes are passed, and nothing is read. */
function change({ response, upgrade }: Visit, { reply, connection, head }: Changed, options: ForwardOptions): void {
  if (!upgrade || response.destroyed) {
    connection.destroy()
    return
  }
  const visitor = upgrade.connection
  const headers = { ...endToEnd(reply), connection: 'Upgrade', upgrade: reply.headers.upgrade }
  try {
    response.writeHead(101, headers)
  } catch {
    connection.destroy()
    fail(response)
    return
  }
  response.flushHeaders()
  // CAST: `assignSocket` was given this very connection.
  response.detachSocket(visitor as Parameters<ServerResponse['detachSocket']>[0])
  if (head.length > 0) connection.unshift(head)
  if (upgrade.head.length > 0) visitor.unshift(upgrade.head)
  splice(visitor, connection, options.upgradedIdleMs)
}
