import { plainBigint, type Route, type RouteName } from '@tender/api'
import type { Context } from 'hono'
import { type AnswerCache, answerOf } from './answerCache.ts'
import { checkAccess, identify } from './auth/caller.ts'
import { clientAddress } from './clientAddress.ts'
import type { ApiContext, Asked, Handler } from './handler.ts'
import { handlers } from './handlers.ts'
import type { RateLimitName, RateLimits } from './rateLimits.ts'
import { readInput } from './readInput.ts'

/** What serving needs besides what handlers work with. */
export type Serving = ApiContext & {
  readonly limits: RateLimits
  readonly cache: AnswerCache
  readonly trusted: ReadonlySet<string>
}

/** Routes whose answer is their own each time: what they do, or ask of others with the request's own signal. */
const uncached: ReadonlySet<string> = new Set<RouteName>(['getNonce', 'getLeaseProof', 'getProviderProof'])

/** Sums over a long time: they may be some seconds old. */
const lifeMs: Partial<Record<RouteName, number>> = { getPrices: 5_000, getEarnings: 5_000 }

/** What costs more than a look into the database. */
const points: Partial<Record<RouteName, number>> = {
  getPrices: 3,
  getEarnings: 3,
  getLeaseProof: 5,
  getProviderProof: 5,
}
const CSV_POINTS = 20

/** Those with a limit of their own besides. */
const ownLimit: Partial<Record<RouteName, RateLimitName>> = {
  publishOrder: 'orders',
  getNonce: 'signIn',
  signIn: 'signIn',
}

/** Answers a request of one route: who asks, how often, what, and then the handler. */
export async function serveRoute(name: RouteName, route: Route, http: Context, serving: Serving): Promise<Response> {
  const { store, origins, limits, trusted } = serving
  const address = clientAddress(http, trusted)
  const caller = await identify(http, store, origins)
  const client = caller ? caller.address : address
  const isCsv = name === 'listMovements' && http.req.query('format') === 'csv'
  const left = await limits.take(caller ? 'account' : 'address', client, isCsv ? CSV_POINTS : points[name])
  const own = ownLimit[name]
  if (own) await limits.take(own, own === 'signIn' ? address : client)
  for (const [header, value] of Object.entries(left)) http.header(header, value)
  checkAccess(route.access, caller)
  const input = await readInput(route, http)
  // CAST: the input was just parsed by this route's own schemas
  const asked = { ...input, caller, address, signal: http.req.raw.signal, http } as Asked<RouteName>
  // CAST: the table has the handler of this name, which takes what this name asks
  const handler = handlers[name] as Handler<RouteName>
  if (route.method !== 'GET' || route.access !== 'public' || uncached.has(name) || isCsv) {
    const told = await handler(asked, serving)
    if (told instanceof Response) return told
    return respond(http, answerOf(JSON.stringify(told, plainBigint)), 'no-store')
  }
  const make = async () => JSON.stringify(await handler(asked, serving), plainBigint)
  return respond(http, await serving.cache.get(new URL(http.req.url).href, make, lifeMs[name]), 'no-cache')
}

/** `no-cache`: keep it, but ask whether it is still so; then the answer is short. */
export function respond(http: Context, { body, etag }: { body: string; etag: string }, cacheControl: string): Response {
  http.header('cache-control', cacheControl)
  if (cacheControl !== 'no-store') {
    http.header('etag', etag)
    if (http.req.header('if-none-match')?.includes(etag)) return http.body(null, 304)
  }
  return http.body(body, 200, { 'content-type': 'application/json' })
}
