import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** What is known of the connection that a request came on. */
export type Visitor = {
  /** Its IP address, if known. */
  address?: string
  /** Whether it came encrypted. */
  secure: boolean
  /** The server name under which the connection was encrypted: no other host is answered on it. */
  serverName?: string
  /** Another ingress, whose word about its own visitor is taken. */
  trusted: boolean
}

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

/** What a workload may take as our word: nobody else may say it. */
const OURS = /^(x-forwarded-.*|forwarded|x-real-ip)$/

/** What a trailer must not change once the headers are read. */
const FRAMING = new Set([
  'content-length',
  'host',
  'content-encoding',
  'content-type',
  'content-range',
  'authorization',
])

/** The message's end-to-end headers. */
export function endToEnd({ headers }: IncomingMessage): Record<string, string | string[]> {
  const named = namedByConnection(headers)
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name)) kept[name] = value
  }
  return kept
}

/** What a workload is sent of a request: its own headers, and what is known of who sent it. */
export function requestHeaders(request: IncomingMessage, visitor: Visitor): Record<string, string | string[]> {
  const kept = Object.fromEntries(Object.entries(endToEnd(request)).filter(([name]) => !OURS.test(name)))
  const { host } = request.headers
  return { ...kept, ...(host !== undefined && { host }), ...framing(request), ...forwarded(request, visitor) }
}

/**
 * How the body's end is told, exactly as this server understood it: the two parsers must not differ on where the next request
 * begins, whatever `connection` names and for methods that seldom have a body.
 */
function framing({ headers }: IncomingMessage): Record<string, string> {
  if (headers['transfer-encoding'] !== undefined) {
    return { 'transfer-encoding': 'chunked', ...trailerNames(headers) }
  }
  const length = headers['content-length']
  return length === undefined ? {} : { 'content-length': length }
}

/** What announces trailers and asks for them; only a chunked message can have them. */
export function trailerNames({ trailer }: IncomingHttpHeaders): Record<string, string> {
  return trailer === undefined ? {} : { trailer: String(trailer) }
}

/** Asks a workload for trailers if the visitor takes them. */
export function trailersWanted({ te }: IncomingHttpHeaders): Record<string, string> {
  const wanted = String(te ?? '')
    .split(',')
    .some((part) => part.trim().toLowerCase() === 'trailers')
  return wanted ? { te: 'trailers', connection: 'keep-alive, TE' } : {}
}

/** The trailers that may be passed on. */
export function trailersOf({ trailers }: IncomingMessage): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(trailers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !FRAMING.has(name) && !OURS.test(name)) kept[name] = value
  }
  return kept
}

/** True if the request says that a body follows. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function namedByConnection(headers: IncomingHttpHeaders): Set<string> {
  return new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()))
}

function forwarded({ headers }: IncomingMessage, visitor: Visitor): Record<string, string> {
  const told = visitor.trusted ? headers : {}
  const address = isIP(String(told['x-forwarded-for'])) ? String(told['x-forwarded-for']) : visitor.address
  const secure = visitor.secure || told['x-forwarded-proto'] === 'https'
  return {
    ...(address !== undefined && { 'x-forwarded-for': address }),
    'x-forwarded-proto': secure ? 'https' : 'http',
    ...(headers.host !== undefined && { 'x-forwarded-host': headers.host }),
  }
}
