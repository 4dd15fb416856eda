import { type IncomingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http'
import { tokenHeader } from './files.ts'

export type CgiRequest = {
  method: string
  /** As in the request line, e.g. `/a?b=c`. */
  url: string
  headers: IncomingHttpHeaders
  bodyBytes: number
  /** Variables of the tenant's own, which the request's override. */
  environment: Readonly<Record<string, string>>
}

export type CgiResponse = { status: number; headers: [string, string][]; body: Uint8Array }

/** Longest header block that a handler may answer with. */
const MAX_HEAD_BYTES = 65_536
const NEWLINE = 10
const RETURN = 13

/** Headers that belong to one connection or that we set; neither asked nor answered ones pass. */
const OURS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** `HTTP_PROXY` is a proxy's address to many programs, so no request may set it. An underscore would pass for a dash. */
const FORBIDDEN = /^proxy$|[^a-z0-9-]/

/**
 * The environment that a CGI program finds its request in (RFC 3875).
 *
 * @example
 * cgiEnvironment({ method: 'GET', url: '/a?b=c', headers: { accept: '*' }, bodyBytes: 0, environment: {} })
 * // ['GATEWAY_INTERFACE=CGI/1.1', 'REQUEST_METHOD=GET', 'PATH_INFO=/a', 'QUERY_STRING=b=c', 'HTTP_ACCEPT=*', …]
 */
export function cgiEnvironment({ method, url, headers, bodyBytes, environment }: CgiRequest): string[] {
  const mark = url.indexOf('?')
  const variables: Record<string, string> = {
    ...environment,
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: 'tender',
    SERVER_NAME: headers.host ?? '',
    SCRIPT_NAME: '',
    REQUEST_METHOD: method,
    PATH_INFO: mark < 0 ? url : url.slice(0, mark),
    QUERY_STRING: mark < 0 ? '' : url.slice(mark + 1),
    CONTENT_LENGTH: String(bodyBytes),
    CONTENT_TYPE: headers['content-type'] ?? '',
  }
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === tokenHeader || name === 'content-type') continue
    if (OURS.has(name) || FORBIDDEN.test(name)) continue
    variables[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`] = Array.isArray(value) ? value.join(', ') : value
  }
  return Object.entries(variables).map(([name, value]) => `${name}=${value}`)
}

/**
 * Parses what a CGI program wrote: headers, an empty line, the body. `Status: 404 Not Found` sets the status; without it
 * the status is 302 if there is a `Location`, else 200.
 *
 * @returns why the answer is none, as a string
 */
export function parseCgiResponse(output: Uint8Array): CgiResponse | string {
  const end = headEnd(output)
  if (end === undefined) return 'the answer has no empty line after its headers'
  const headers: [string, string][] = []
  let status: number | undefined
  const head = Buffer.from(output.buffer, output.byteOffset, end.head).toString('latin1')
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon < 1) return `the answer's header line ${JSON.stringify(line.slice(0, 80))} has no name`
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (!isHeader(name, value)) return `the answer's header ${JSON.stringify(name.slice(0, 80))} is not valid`
    if (name === 'status') status = Number.parseInt(value, 10)
    else if (!OURS.has(name)) headers.push([name, value])
  }
  status ??= headers.some(([name]) => name === 'location') ? 302 : 200
  if (!(status >= 200 && status <= 599)) return 'the answer has a status that is not between 200 and 599'
  return { status, headers, body: output.subarray(end.body) }
}

function headEnd(output: Uint8Array): { head: number; body: number } | undefined {
  const limit = Math.min(output.length, MAX_HEAD_BYTES)
  for (let at = output.indexOf(NEWLINE); at >= 0 && at < limit; at = output.indexOf(NEWLINE, at + 1)) {
    const head = output[at - 1] === RETURN ? at - 1 : at
    if (output[at + 1] === NEWLINE) return { head, body: at + 2 }
    if (output[at + 1] === RETURN && output[at + 2] === NEWLINE) return { head, body: at + 3 }
  }
  return undefined
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    // Node says which of the two is wrong by throwing; both mean the same here.
    return false
  }
}
