import { lookup } from 'node:dns'
import * as http from 'node:http'
import * as https from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
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
    if (publicOnly && isIP(connectTo) && !isPublic(connectTo)) return fail(privateAddress(connectTo))
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

/** Checked at the connection itself, since a name may mean another address the second time it is asked for. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, [])
    const [first, ...others] = found.filter(({ address }) => isPublic(address))
    if (!first) callback(privateAddress(hostname), [])
    else if (options.all) callback(null, [first, ...others])
    else callback(null, first.address, first.family)
  })
}

const closed = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  closed.addSubnet(net, prefix, 'ipv4')
}
/** All that is routed today. 2002::/16 leads to any IPv4 address. */
const routed = new BlockList()
routed.addSubnet('2000::', 3, 'ipv6')
const tunnels = new BlockList()
tunnels.addSubnet('2002::', 16, 'ipv6')

function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !closed.check(address, 'ipv4')
  return routed.check(address, 'ipv6') && !tunnels.check(address, 'ipv6')
}

function privateAddress(host: string): TenderError {
  return new TenderError(`${host} is not in the public internet`, { code: 'privateAddress', class: 'denied' })
}
