import * as http from 'node:http'
import * as https from 'node:https'
import { isIP } from 'node:net'
import { isPublicAddress, lookupPublic, privateAddress } from '@tender/kit'
import { addressIn } from './leaseUrl.ts'
import { bad, good, type ProbeResult, wordsOf } from './probeResult.ts'
import { visitorHeaders } from './visitor.ts'

/** How probes go out. */
export type ProbeOptions = {
  /** For one probe as a whole. */
  timeoutMs: number
  /** Address of this host from which probes go out; absent: what the system chooses. */
  localAddress?: string | undefined
  /** Whether leases may be at private addresses: only where the market is on this machine or in this network. */
  allowPrivate: boolean
}

/** What of a body is read: a page is there, how long it is says nothing. */
const MAX_BODY_BYTES = 64 * 1024
/** As browsers, but for loops. */
const MAX_REDIRECTS = 3
/** What an ingress says that has no lease for the host. */
const MISDIRECTED = 421

type Answer = { status: number; location: string | undefined; beganMs: number; failure: string | undefined }

/**
 * GETs a lease's URL as a visitor does: ordinary headers, a connection of its own, redirects followed on the same host only. Good:
 * an answer came in time and its status is below 500. A certificate is not judged: whose it is only the tenant knows.
 *
 * @example
 * await probeHttp(new URL('http://r45gk2nq7xye.localhost:8546'), { timeoutMs: 10_000, allowPrivate: true }, signal)
 * // { outcome: 'good', latencyMs: 12, detail: '' }
 */
export async function probeHttp(url: URL, options: ProbeOptions, signal: AbortSignal): Promise<ProbeResult> {
  const startedMs = performance.now()
  const elapsed = () => performance.now() - startedMs
  let target = url
  try {
    for (let redirects = 0; ; redirects++) {
      signal.throwIfAborted()
      const answer = await get(target, options, options.timeoutMs - elapsed(), signal)
      const { status, location, failure } = answer
      if (failure !== undefined) return bad(elapsed(), failure)
      if (status >= 500 || status === MISDIRECTED) return bad(elapsed(), `it answers ${status}`)
      const next = redirects < MAX_REDIRECTS && location !== undefined && redirectOf(target, url, location)
      if (!next) return good(answer.beganMs - startedMs)
      target = next
    }
  } catch (error) {
    signal.throwIfAborted()
    return bad(elapsed(), wordsOf(error))
  }
}

/** Where a redirect leads, if that is the same host at its own port or a usual one. */
function redirectOf(from: URL, first: URL, location: string): URL | undefined {
  if (!URL.canParse(location, from.href)) return undefined
  const to = new URL(location, from)
  const isWeb = to.protocol === 'http:' || to.protocol === 'https:'
  return isWeb && to.hostname === first.hostname && ['', '80', '443', first.port].includes(to.port) ? to : undefined
}

function get(url: URL, options: ProbeOptions, leftMs: number, signal: AbortSignal): Promise<Answer> {
  const { protocol, hostname, host, port, pathname, search } = url
  const address = addressIn(hostname)
  if (!options.allowPrivate && isIP(address) && !isPublicAddress(address)) throw privateAddress(address)
  const { request } = protocol === 'https:' ? https : http
  const asking = request({
    agent: false,
    host: address,
    ...(port && { port }),
    ...(protocol === 'https:' && { servername: hostname, rejectUnauthorized: false }),
    path: pathname + search,
    headers: visitorHeaders(host),
    ...(options.localAddress && { localAddress: options.localAddress }),
    ...(!options.allowPrivate && { lookup: lookupPublic }),
  })
  return answerOf(asking, leftMs, signal)
}

/** The answer once its body has ended, is long enough, or time is up: what streams on has answered. */
function answerOf(asking: http.ClientRequest, leftMs: number, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  let answer: Answer | undefined
  let bytes = 0
  const settle = (failure?: string) => {
    if (answer) resolve({ ...answer, failure })
    else reject(new Error(failure ?? 'it did not answer'))
    asking.destroy()
  }
  const timer = setTimeout(() => settle(bytes > 0 ? undefined : 'it did not answer in time'), Math.max(0, leftMs))
  const abort = () => settle('aborted')
  signal.addEventListener('abort', abort, { once: true })
  asking.on('response', (response) => {
    const { statusCode: status = 0, headers } = response
    answer = { status, location: headers.location, beganMs: performance.now(), failure: undefined }
    response.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes >= MAX_BODY_BYTES) settle()
    })
    response.on('end', () => settle())
    response.on('error', (error) => settle(wordsOf(error)))
  })
  asking.on('error', (error) => settle(wordsOf(error)))
  asking.end()
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  })
}
