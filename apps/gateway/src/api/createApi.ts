import { randomUUID } from 'node:crypto'
import { eventsRoute, type Route, type RouteName, routes } from '@tender/api'
import { metricsContentType, processMetrics } from '@tender/kit'
import { NotFoundError, TenderError } from '@tender/protocol'
import { type Context, Hono } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { answerOf, createAnswerCache } from './answerCache.ts'
import { type ApiOptions, defaultLimits } from './apiOptions.ts'
import { createOrigins } from './auth/origins.ts'
import type { Connected } from './clientAddress.ts'
import { docsPage, docsStyle } from './docsPage.ts'
import { createEraProofs } from './eraProofs.ts'
import { createGraphql } from './graphql/createGraphql.ts'
import { readiness } from './health.ts'
import { createLiveHub } from './live/liveHub.ts'
import { serveEvents } from './live/serveEvents.ts'
import { createMarketInfo } from './marketInfo.ts'
import { createOpenApi } from './openApi.ts'
import { problemOf, problemResponse } from './problems.ts'
import { createRateLimits } from './rateLimits.ts'
import { createRequestMetrics } from './requestMetrics.ts'
import { pageHeaders } from './securityHeaders.ts'
import { respond, type Serving, serveRoute } from './serveRoute.ts'
import { openStaticFiles } from './staticFiles.ts'

/** The gateway's HTTP API and page, apart from any server. */
export type Api = {
  fetch(request: Request, bindings?: Connected): Response | Promise<Response>
  /** Ends live streams and what runs in the background. Idempotent. */
  stop(): void
}

type Env = { Bindings: Partial<Connected>; Variables: { requestId: string; route: string } }

/**
 * Makes the API of a gateway over its database.
 *
 * @throws {TenderError} `noAssets`
 * @example
 * const api = await createApi({ store, chain: createApiChain(client), now, head, publicRpcUrl, metrics, log })
 * const server = await serveApi(api, { host: '127.0.0.1', port: 8080 })
 */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { store, network, now, log, chain, publicRpcUrl, publicUrl } = options
  const apiLimits = { ...defaultLimits, ...options.limits }
  const origins = createOrigins(publicUrl)
  const cache = createAnswerCache(store)
  const hub = createLiveHub({ store, network, now, limits: apiLimits, log })
  const serving: Serving = {
    ...options,
    origins,
    cache,
    limits: createRateLimits(apiLimits),
    trusted: new Set(options.trustedProxies),
    market: createMarketInfo(options),
    proofs: createEraProofs(store, network, now),
  }
  const files = options.staticDirectory === undefined ? undefined : await openStaticFiles(options.staticDirectory)
  const requests = createRequestMetrics(options.metrics, hub)
  const app = new Hono<Env>()

  app.use(async (http, next) => {
    const startedAt = performance.now()
    http.set('requestId', randomUUID())
    await next()
    http.header('x-request-id', http.get('requestId'))
    requests.observe(http.get('route') ?? 'page', http.res.status, performance.now() - startedAt)
  })
  app.use(pageHeaders({ rpcUrl: publicRpcUrl, secure: origins.secure, own: ownOrigin }))
  app.use(compress({ threshold: 2048 }))
  const open = cors({
    origin: '*',
    allowHeaders: ['authorization', 'content-type', 'last-event-id', 'if-none-match'],
    exposeHeaders: ['etag', 'ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
    maxAge: 86_400,
  })
  for (const path of ['/v1/*', '/graphql', '/openapi.json']) app.use(path, open)

  // CAST: an object's keys are its type's
  for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) {
    app.on(route.method, honoPath(route.path), (http) => {
      http.set('route', route.path)
      return serveRoute(name, route, http, serving)
    })
  }
  app.get(eventsRoute.path, (http) => {
    http.set('route', eventsRoute.path)
    return serveEvents(http, { ...serving, hub })
  })
  for (const [path, methods] of methodsByPath()) app.all(honoPath(path), () => refuseMethod(methods))
  app.all('/v1/*', (http) => {
    throw new NotFoundError(`there is nothing at ${http.req.path}`, { code: 'unknownPath', hint: 'See /docs.' })
  })

  const graphql = createGraphql(serving)
  app.on(['GET', 'POST'], '/graphql', (http) => {
    http.set('route', '/graphql')
    return graphql(http)
  })
  const docs = answerOf(docsPage())
  app.get('/openapi.json', (http) => respond(http, openApiOf(http), 'no-cache'))
  app.get('/docs', (http) => http.html(docs.body))
  app.get('/docs.css', (http) => http.body(docsStyle, 200, { 'content-type': 'text/css; charset=utf-8' }))
  app.get('/healthz', (http) => http.json({ ok: true }))
  app.get('/readyz', async (http) => http.json(await readiness(options)))
  app.get('/metrics', async (http) => {
    const text = `${await options.metrics.text()}\n${await processMetrics()}`
    return http.body(text, 200, { 'content-type': metricsContentType })
  })
  app.get('*', async (http) => {
    const answer = await files?.serve(http)
    if (answer) return answer
    throw new NotFoundError(`there is nothing at ${http.req.path}`, { code: 'unknownPath', hint: 'See /docs.' })
  })
  app.notFound((http) =>
    failed(http, new NotFoundError('there is nothing here', { code: 'unknownPath', hint: 'See /docs.' })),
  )
  app.onError((error, http) => failed(http, error))

  function openApiOf(http: Context) {
    return answerOf(JSON.stringify(createOpenApi(ownOrigin(http) ?? new URL(http.req.url).origin)))
  }
  function ownOrigin(http: Context): string | undefined {
    try {
      return origins.own(http.req.header('host')).origin
    } catch {
      return undefined
    }
  }
  function failed(http: Context<Env>, error: unknown): Response {
    const problem = problemOf(error, http.get('requestId'))
    if (problem.status === 500)
      log.error({ error, path: http.req.path, requestId: problem.requestId }, 'request failed')
    return problemResponse(problem, error instanceof TenderError ? headersOf(error) : {})
  }

  log.debug({ chainId: chain.book.chainId, routes: Object.keys(routes).length }, 'api made')
  return {
    fetch: (request, bindings) => app.fetch(request, bindings),
    stop() {
      hub.stop()
      cache.stop()
    },
  }
}

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}

/** Each path of the table with the methods that it has. */
function methodsByPath(): Map<string, string[]> {
  const grouped = Map.groupBy(Object.values<Route>(routes), ({ path }) => path)
  return new Map([...grouped].map(([path, all]) => [path, all.map(({ method }) => method)]))
}

function refuseMethod(methods: readonly string[]): never {
  const allow = methods.includes('GET')
    ? [...methods, 'HEAD', 'OPTIONS'].join(', ')
    : [...methods, 'OPTIONS'].join(', ')
  throw new TenderError('there is no such method here', {
    code: 'methodNotAllowed',
    class: 'user',
    hint: `It takes ${allow}.`,
    data: { headers: { allow } },
  })
}

/** Headers that an error brings along. */
function headersOf({ data }: TenderError): Record<string, string> {
  const { headers } = data
  if (typeof headers !== 'object' || headers === null) return {}
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
