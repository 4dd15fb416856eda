/**
 * Latency of the gateway's API with 200 concurrent readers, on a book of 10,000 open orders and 1,000,000 past leases, on the embedded
 * database and on PostgreSQL. Every request asks something else (another page, another lease), so that no remembered answer is
 * measured; the last rows ask the same as everybody does. `npm run bench:api [-- --json] [-- --leases 100000] [-- --kind pglite]`
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import type { SampleBook } from '@tender/gateway/api/sampleBook'
import { startTemporaryPostgres } from '@tender/gateway/temporaryPostgres'
import autocannon from 'autocannon'

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

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    leases: { type: 'string', default: '1000000' },
    orders: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '10' },
    kind: { type: 'string' },
  },
})
const rows: Row[] = []
const fills: { database: string; seconds: number }[] = []
if (values.kind !== 'pglite') {
  const postgres = await startTemporaryPostgres()
  try {
    await measure('PostgreSQL', await postgres.createDatabase())
  } finally {
    await postgres.stop()
  }
}
if (values.kind !== 'postgres') await measure('PGlite', undefined)
if (values.json) console.log(JSON.stringify({ rows, fills }))
else printTable()

async function measure(database: string, databaseUrl: string | undefined): Promise<void> {
  const { url, book, fillSeconds, child } = await startServer(databaseUrl)
  fills.push({ database, seconds: fillSeconds })
  try {
    for (const [what, next] of Object.entries(questions(book))) {
      await load(url, next, WARM_SECONDS)
      rows.push({ database, what, ...(await load(url, next, Number(values.seconds))) })
      if (!values.json) console.error(JSON.stringify(rows.at(-1)))
    }
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
}

async function startServer(databaseUrl: string | undefined) {
  const script = join(import.meta.dirname, 'api/server.ts')
  const env = { ...process.env, ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) }
  const child: ChildProcess = spawn(process.execPath, [script, values.leases, values.orders], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  })
  if (!child.stdout) throw new Error('the server has no output')
  const lines = createInterface(child.stdout)
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])])
  if (line === '') throw new Error('the server did not start')
  const told: { url: string; book: SampleBook; fillSeconds: number } = JSON.parse(line)
  return { ...told, child }
}

/** What is asked, each time another. */
function questions(book: SampleBook): Record<string, () => Request> {
  const count = Number(values.leases)
  const random = (most: number) => Math.floor(Math.random() * most)
  const lease = () => `0x1e${(1 + random(count)).toString(16).padStart(62, '0')}`
  const order = () => `0x0d${(1 + random(Number(values.orders))).toString(16).padStart(62, '0')}`
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
      path: `/v1/orders?state=open&cursor=${cursor('orders', Number(values.orders))}`,
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

function printTable(): void {
  console.log(
    '| database | what | requests a second | p50 | p99 | processor time of one | failed |\n|---|---|---:|---:|---:|---:|---:|',
  )
  for (const { database, what, perSecond, p50Ms, p99Ms, cpuMs, failed } of rows) {
    console.log(
      `| ${database} | ${what} | ${perSecond} | ${p50Ms} ms | ${p99Ms} ms | ${cpuMs.toFixed(1)} ms | ${failed} |`,
    )
  }
}
