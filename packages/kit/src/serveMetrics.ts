import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { TenderError } from '@tender/protocol'
import { z } from 'zod'
import type { Lifecycle } from './lifecycle.ts'
import { type Metrics, metricsContentType, processMetrics } from './metrics.ts'

const LISTEN = /^(?<host>[a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\]):(?<port>\d{1,5})$/

/** Where a daemon tells its metrics, as its configuration file says it. */
export const metricsConfigSchema = z.strictObject({
  /**
   * Address and port, e.g. `127.0.0.1:9464`. Whoever reaches it reads everything: what is not of this machine belongs behind a
   * firewall.
   */
  listen: z
    .string()
    .regex(LISTEN, 'must be an address and a port, such as 127.0.0.1:9464')
    .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'there is no such port'),
})

export type MetricsServer = {
  /** `http://…` without a path. */
  readonly url: string
  close(): Promise<void>
}

export type ServeMetricsOptions = z.output<typeof metricsConfigSchema> & {
  /** At `/metrics`, with what Node tells of the process. Absent: only the process. */
  metrics?: Metrics | undefined
  /** Further daemons of this process by name: at `/metrics/<name>`, and listed for Prometheus at `/targets`. */
  others?: () => ReadonlyMap<string, Metrics>
  /** Listed at `/targets` too: daemons that serve their own `/metrics`. */
  elsewhere?: () => readonly ScrapeTarget[]
}

/** Somebody to scrape. `host`: with its port. */
export type ScrapeTarget = { host: string; job: string; instance: string }

/** A scrape is one short request. */
const LIMITS = { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 65_000, maxHeaderSize: 8_192 }
const MAX_CONNECTIONS = 32

/**
 * Serves metrics over HTTP: `GET /metrics` for Prometheus, `GET /healthz` for whoever asks whether the process answers, and
 * `GET /targets` as Prometheus's `http_sd_configs` take it, where it runs more daemons than one.
 *
 * @throws {TenderError} `portTaken`, `cannotListen`
 *
 * @example
 * const server = await life.start(
 *   'metrics',
 *   () => serveMetrics({ listen: '127.0.0.1:9464', metrics }),
 *   (started) => started.close(),
 * )
 */
export async function serveMetrics(options: ServeMetricsOptions): Promise<MetricsServer> {
  const { host, port } = placeOf(options.listen)
  const answers = createAnswers(options)
  const server = createServer(LIMITS, (request, response) => {
    answers(request).then(
      (answer) => send(response, answer),
      () => send(response, { status: 500, type: TEXT, body: 'the metrics cannot be read\n' }),
    )
  })
  server.maxConnections = MAX_CONNECTIONS
  await listen(server, host, port)
  // CAST: a server that listens on TCP has an AddressInfo.
  const { address, family, port: taken } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Serves a daemon's metrics where its configuration says, until its lifecycle stops; without one nowhere. */
export async function startMetrics(
  life: Lifecycle,
  config: z.output<typeof metricsConfigSchema> | undefined,
  metrics: Metrics,
): Promise<void> {
  if (!config) return
  await life.start(
    'metrics',
    () => serveMetrics({ ...config, metrics }),
    (server) => server.close(),
  )
}

type Answer = { status: number; type: string; body: string }

const TEXT = 'text/plain; charset=utf-8'

function createAnswers({
  metrics,
  others,
  elsewhere,
}: ServeMetricsOptions): (request: IncomingMessage) => Promise<Answer> {
  const once = createOnce()
  const told = async (body: Promise<string>): Promise<Answer> => ({
    status: 200,
    type: metricsContentType,
    body: await body,
  })
  return async ({ method, url = '', headers }) => {
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: TEXT, body: 'only GET\n' }
    const { pathname } = new URL(url, 'http://localhost')
    if (pathname === '/healthz') return { status: 200, type: TEXT, body: 'ok\n' }
    if (pathname === '/metrics') return told(once(pathname, () => withProcess(metrics)))
    if (pathname === '/targets' && others) return targets(headers.host ?? '', others(), elsewhere?.() ?? [])
    const other = others?.().get(pathname.replace(/^\/metrics\//, ''))
    if (other) return told(once(pathname, other.text))
    return { status: 404, type: TEXT, body: `metrics are at /metrics${others ? ', and listed at /targets' : ''}\n` }
  }
}

async function withProcess(metrics: Metrics | undefined): Promise<string> {
  const [own, process] = await Promise.all([metrics?.text() ?? '', processMetrics()])
  return `${own}${process}`
}

/** Who asks while an answer is being made gets that one: many askers cost as much as one. */
function createOnce(): (key: string, make: () => Promise<string>) => Promise<string> {
  const running = new Map<string, Promise<string>>()
  return (key, make) => {
    const before = running.get(key)
    if (before) return before
    const now = make().finally(() => running.delete(key))
    running.set(key, now)
    return now
  }
}

/** One for each daemon and one for the process, under the address by which the asker came. */
function targets(host: string, others: ReadonlyMap<string, Metrics>, elsewhere: readonly ScrapeTarget[]): Answer {
  const list = [...others].map(([name, { prefix }]) => ({
    targets: [host],
    labels: { __metrics_path__: `/metrics/${name}`, job: prefix.replaceAll('_', '-'), instance: name },
  }))
  const far = elsewhere.map(({ host: at, ...labels }) => ({ targets: [at], labels }))
  const own = { targets: [host], labels: { __metrics_path__: '/metrics', job: 'tender-process', instance: 'process' } }
  return { status: 200, type: 'application/json', body: JSON.stringify([own, ...list, ...far]) }
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body)
}

function placeOf(text: string): { host: string; port: number } {
  const { host = '', port = '' } = LISTEN.exec(text)?.groups ?? {}
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, resolve)
    })
  } catch (cause) {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
    throw new TenderError(`metrics cannot be served on ${host}:${port}${taken ? ', which is taken' : ''}`, {
      code: taken ? 'portTaken' : 'cannotListen',
      class: 'conflict',
      hint: 'Choose another `metrics.listen` in the configuration file.',
      data: { host, port },
      cause,
    })
  }
}
