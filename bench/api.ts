/**
 * Latency of the gateway's API with 200 concurrent readers, on a book of 10,000 open orders and 1,000,000 past leases, on the embedded
 * database and on PostgreSQL. Every request asks something else (another page, another lease), so that no remembered answer is
 * measured; the last rows ask the same as everybody does. `npm run bench:api [-- --json] [-- --leases 100000] [-- --kind pglite]`
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { SampleBook } from '@tender/gateway/api/sampleBook'
import { startTemporaryPostgres } from '@tender/gateway/temporaryPostgres'
import autocannon from 'autocannon'
import { runBench } from './report/runBench.ts'
import type { BenchResult } from './report/types.ts'

type Row = {
  database: string
  what: string
  perSecond: number
  p50Ms: number
  p99Ms: number
  cpuMs: number
  failed: number
}
type Request = { method?: 'GET' | 'POST'; path: string; headers?: Record<string, string>; body?: string }

const READERS = 200
const WARM_SECONDS = 3
/** Who waits longer counts as failed. */
const TIMEOUT_SECONDS = 60

type Load = { leases: number; orders: number; seconds: number }

await runBench(
  'api',
  async ({ kind, ...asked }, signal) => {
    const rows: Row[] = []
    if (kind !== 'pglite') {
      const postgres = await startTemporaryPostgres()
      try {
        rows.push(...(await measure('PostgreSQL', await postgres.createDatabase(), asked, signal)))
      } finally {
        await postgres.stop()
      }
    }
    if (kind !== 'postgres') rows.push(...(await measure('PGlite', undefined, asked, signal)))
    return resultOf(rows, asked)
  },
  {
    about: 'Latency of the gateway’s API with 200 readers at once.',
    options: {
      leases: { default: 100_000, about: 'past leases' },
      orders: { default: 10_000, about: 'open orders' },
      seconds: { default: 5, about: 'for each question' },
      kind: { default: '', about: 'pglite or postgres alone' },
    },
  },
)

async function measure(database: string, databaseUrl: string | undefined, asked: Load, signal: AbortSignal) {
  const { url, book, child } = await startServer(databaseUrl, asked)
  const rows: Row[] = []
  try {
    for (const [what, next] of Object.entries(questions(book, asked))) {
      signal.throwIfAborted()
      await load(url, next, WARM_SECONDS)
      rows.push({ database, what, ...(await load(url, next, asked.seconds)) })
      console.error(`${database}: ${what}`)
    }
    return rows
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}

async function startServer(databaseUrl: string | undefined, { leases, orders }: Load) {
  const script = join(import.meta.dirname, 'api/server.ts')
  const env = { ...process.env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) }
  const child: ChildProcess = spawn(process.execPath, [script, String(leases), String(orders)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  })
  if (!child.stdout) throw new Error('the server has no output')
  const lines = createInterface(child.stdout)
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])])
  if (line === '') throw new Error('the server did not start')
  const told: { url: string; book: SampleBook } = JSON.parse(line)
  return { ...told, child }
}

/** What is asked, each time another. */
function questions(book: SampleBook, { leases: count, orders }: Load): Record<string, () => Request> {
  const random = (most: number) => Math.floor(Math.random() * most)
  const lease = () => `0x1e${(1 + random(count)).toString(16).padStart(62, '0')}`
  const order = () => `0x0d${(1 + random(orders)).toString(16).padStart(62, '0')}`
  const cursor = (list: string, most: number) =>
    Buffer.from(JSON.stringify([list, [random(most)]])).toString('base64url')
  const tenant = () => `0x7${String(random(500)).padStart(39, '0')}`
  const graphql = (query: string, variables: Record<string, string>): Request => ({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return {
    'open orders, a page of 50': () => ({
      path: `/v1/orders?state=open&cursor=${cursor('orders', orders)}`,
    }),
    'an order': () => ({ path: `/v1/orders/${order()}` }),
    'leases, a page of 50': () => ({ path: `/v1/leases?cursor=${cursor('leases', count * 4 * 2 ** 20)}` }),
    "a tenant's ended leases, 50": () => ({
      path: `/v1/leases?tenant=${tenant()}&state=ended&limit=50&cursor=${cursor('leases', count * 4 * 2 ** 20)}`,
    }),
    'a lease with its events': () => ({ path: `/v1/leases/${lease()}` }),
    'a provider': () => ({ path: `/v1/providers/${1 + random(200)}` }),
    'GraphQL: 20 leases': () =>
      graphql('query ($after: String) { leases(first: 20, after: $after) { nodes { id state paid } } }', {
        after: cursor('leases', count * 4 * 2 ** 20),
      }),
    'GraphQL: a lease and its provider': () =>
      graphql('query ($id: String!) { lease(id: $id) { id paid providerInfo { country score } } }', { id: lease() }),
    'the same for all: leases': () => ({ path: '/v1/leases' }),
    'the same for all: classes': () => ({ path: '/v1/classes' }),
    'the same for all: depth': () => ({ path: '/v1/classes/cu/depth' }),
    'the same for all: candles of 7 days': () => ({
      path: `/v1/classes/cu/prices?interval=hour&from=${book.now - 7 * 86_400}`,
    }),
  }
}

async function load(url: string, next: () => Request, duration: number) {
  const requests: autocannon.Request[] = [{ setupRequest: (request) => ({ ...request, ...next() }) }]
  const before = await cpuSeconds(url)
  const result = await autocannon({ url, connections: READERS, duration, requests, timeout: TIMEOUT_SECONDS })
  return {
    perSecond: Math.round(result.requests.average),
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    cpuMs: (((await cpuSeconds(url)) - before) * 1000) / Math.max(1, result.requests.total),
    failed: result.non2xx + result.errors,
  }
}

/** Of the gateway's own process, so far. */
async function cpuSeconds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const [, seconds] = /^process_cpu_seconds_total (\S+)/m.exec(text) ?? []
  return Number(seconds)
}

function resultOf(rows: readonly Row[], { leases, orders, seconds }: Load): BenchResult {
  return {
    bench: 'api',
    title: 'The API',
    question: `${READERS} readers that each ask again as soon as they are answered, on ${orders.toLocaleString('en')} open orders and ${leases.toLocaleString('en')} past leases; each asks something else every time, against the last rows, which ask what everybody asks and are remembered.`,
    tables: [
      {
        title: 'Questions',
        columns: [
          { key: 'database', label: 'database' },
          { key: 'what', label: 'what' },
          { key: 'perSecond', label: 'requests a second' },
          { key: 'p50Ms', label: 'p50', unit: 'ms' },
          { key: 'p99Ms', label: 'p99', unit: 'ms' },
          { key: 'cpuMs', label: 'processor time of one', unit: 'ms', digits: 1 },
          { key: 'failed', label: 'failed' },
        ],
        rows: [...rows],
        note: `${seconds} s each, after ${WARM_SECONDS} s that are not counted. Readers, gateway and database share the machine, so times are those of a queue: ${READERS} readers divided by the rate. Processor time is the gateway’s alone, for one answer.`,
      },
    ],
    charts: [
      { title: 'Answers a second', table: 0, kind: 'bar', x: 'what', y: 'perSecond', series: 'database', log: 'y' },
    ],
  }
}
