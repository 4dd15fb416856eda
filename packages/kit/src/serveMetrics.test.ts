import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'
import { type MetricsServer, metricsConfigSchema, type ServeMetricsOptions, serveMetrics } from './serveMetrics.ts'

const servers: MetricsServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function serve(options: Partial<ServeMetricsOptions> = {}): Promise<string> {
  const server = await serveMetrics({ listen: '127.0.0.1:0', ...options })
  servers.push(server)
  return server.url
}

test('serves a daemon and its process, and says that it is there', async () => {
  const metrics = createMetrics({ prefix: 'tender_test' })
  metrics.gauge('known_peers', { help: 'Peers.' }).set(3)
  const url = await serve({ metrics })
  const scraped = await fetch(`${url}/metrics`)
  expect(scraped.headers.get('content-type')).toContain('version=0.0.4')
  const text = await scraped.text()
  expect(text).toContain('tender_test_known_peers 3')
  expect(text).toContain('process_cpu_seconds_total')
  expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n')
  expect((await fetch(`${url}/targets`)).status).toBe(404)
})

test('serves many daemons of one process, and tells Prometheus where', async () => {
  const alpine = createMetrics({ prefix: 'tender_provider' })
  alpine.gauge('known_peers', { help: 'Peers.' }).set(3)
  const pages = { host: '127.0.0.1:8080', job: 'tender-gateway', instance: 'gateway' }
  const url = await serve({ others: () => new Map([['alpine', alpine]]), elsewhere: () => [pages] })
  const host = new URL(url).host
  expect(await (await fetch(`${url}/targets`)).json()).toEqual([
    { targets: [host], labels: { __metrics_path__: '/metrics', job: 'tender-process', instance: 'process' } },
    { targets: [host], labels: { __metrics_path__: '/metrics/alpine', job: 'tender-provider', instance: 'alpine' } },
    { targets: ['127.0.0.1:8080'], labels: { job: 'tender-gateway', instance: 'gateway' } },
  ])
  expect(await (await fetch(`${url}/metrics/alpine`)).text()).toContain('tender_provider_known_peers 3')
  expect((await fetch(`${url}/metrics/baltic`)).status).toBe(404)
})

test('refuses everything else', async () => {
  const url = await serve()
  expect((await fetch(`${url}/`)).status).toBe(404)
  expect((await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405)
  const large = new Promise((resolve, reject) => {
    const asked = request(`${url}/metrics`, { headers: { padding: 'x'.repeat(10_000) } }, (response) =>
      resolve(response.statusCode),
    )
    asked.on('error', reject).end()
  })
  expect(await large).toBe(431)
})

test('names the port that is taken', async () => {
  const listen = new URL(await serve()).host
  await expect(serve({ listen })).rejects.toMatchObject({ code: 'portTaken', class: 'conflict' })
  await expect(serve({ listen: '192.0.2.1:9464' })).rejects.toMatchObject({ code: 'cannotListen' })
})

test('closing waits for nobody', async () => {
  const server = await serveMetrics({ listen: '127.0.0.1:0' })
  const idle = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {})
  const closed = new Promise((resolve) => idle.on('close', resolve))
  await new Promise((resolve) => idle.on('connect', resolve))
  await server.close()
  await closed
})

test.each(['127.0.0.1:9464', '[::1]:9464', 'localhost:0', '0.0.0.0:65535'])('may listen on %s', (listen) => {
  expect(metricsConfigSchema.parse({ listen })).toEqual({ listen })
})

test.each(['9464', '127.0.0.1', '127.0.0.1:65536', ':9464', '::1:9464', 'http://127.0.0.1:9464'])(
  'may not on %s',
  (listen) => {
    expect(metricsConfigSchema.safeParse({ listen }).success).toBe(false)
  },
)
