import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fetchWorkload } from '@tender/cli'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GatewayMarket, startGatewayMarket } from './support/gatewayMarket.ts'
import {
  examplePath,
  missingPrometheus,
  type Prometheus,
  queriesOf,
  type Series,
  startPrometheus,
} from './support/prometheus.ts'
import { freePorts, killTenders, startTender } from './support/tender.ts'
import { LIMIT_MS } from './support/until.ts'

// A real Prometheus scrapes a whole market, and every panel of every dashboard has something to show.

const missing = await missingPrometheus()
if (missing) console.warn(`skipped: ${missing}`)

const boards = ['tenant', 'provider', 'monitor', 'market']
const compose = fileURLToPath(new URL('../examples/hello/compose.yaml', import.meta.url))

/** Prometheus takes its share of a small machine, and there are ten daemons to scrape. */
const ERA_SECONDS = 20

let directory: string
let market: GatewayMarket
let prometheus: Prometheus
beforeAll(async () => {
  if (missing) return
  directory = await mkdtemp(join(tmpdir(), 'tender-prometheus-'))
  market = await startGatewayMarket({ eraSeconds: ERA_SECONDS })
  const { url } = await rent()
  // Who never comes back would be measured as well; one visit is enough to be counted.
  expect((await fetchWorkload(url, AbortSignal.timeout(LIMIT_MS))).status).toBe(200)
  const tenant = `127.0.0.1:${await freePorts(1)}`
  startTender(market.home, ['watch', '--every', '5s', '--metrics', tenant])
  prometheus = await startPrometheus(directory, { targetsUrl: `${market.market.metricsUrl}/targets`, tenant })
}, 4 * LIMIT_MS)
afterAll(async () => {
  killTenders()
  await prometheus?.stop()
  await market?.stop()
  if (directory) await rm(directory, { recursive: true })
}, 4 * LIMIT_MS)

async function rent(): Promise<{ url: string }> {
  const { code, stdout, stderr } = await startTender(market.home, [
    'up',
    compose,
    '--yes',
    '--json',
    '--auction',
    '60s',
  ]).finished
  expect(code, stderr).toBe(0)
  const [lease] = JSON.parse(stdout).leases
  return lease
}

const sumOf = (series: readonly Series[]) => series.reduce((sum, { values }) => sum + (values.at(-1) ?? 0), 0)
const sum = async (expr: string) => sumOf(await prometheus.query(expr))
const patient = { timeout: LIMIT_MS, interval: 500 }

test.skipIf(missing)(
  'finds and scrapes every daemon of the market',
  async () => {
    const { providers, monitors } = market.market
    // The process, the gateway and the tenant.
    const all = providers.length + monitors.length + 3
    await expect.poll(() => sum('count(up)').catch(() => 0), patient).toBe(all)
    await expect.poll(() => sum('sum(up)'), patient).toBe(all)
    expect(await sum('sum(tender_provider_failed_readings_total) or vector(0)')).toBe(0)
  },
  LIMIT_MS,
)

test.skipIf(missing)(
  'what happened in the market is in the numbers',
  async () => {
    // At some time: a machine that is busy may be too slow for its own monitors, and then the lease ends.
    const everMost = (name: string) => sum(`max(max_over_time(${name}[15m]))`)
    await expect.poll(() => everMost('tender_provider_current_leases{phase="running"}'), patient).toBe(1)
    await expect.poll(() => everMost('tender_gateway_market_running_leases'), patient).toBe(1)
    await expect.poll(() => sum('sum(tender_tenant_current_leases)'), patient).toBe(1)
    await expect.poll(() => sum('tender_gateway_market_opened_leases_total'), patient).toBe(1)
    await expect.poll(() => sum('tender_provider_answered_orders_total{decision="bid"}'), patient).toBeGreaterThan(0)
    await expect.poll(() => sum('tender_provider_ingress_requests_total{status="2xx"}'), patient).toBeGreaterThan(0)
    await expect.poll(() => sum('tender_monitor_probes_total'), patient).toBeGreaterThan(0)
    // The monitors agree, and one takes it to the chain.
    await expect.poll(() => sum('tender_monitor_reports_signed_total'), patient).toBeGreaterThan(0)
    await expect.poll(() => sum('tender_monitor_reports_posted_total'), patient).toBeGreaterThan(0)
    expect(await sum('tender_monitor_chain_gas_total')).toBeGreaterThan(0)
  },
  4 * LIMIT_MS,
)

test.skipIf(missing).each(boards)(
  'every panel of the dashboard %s has data',
  async (board) => {
    const queries = queriesOf(board)
    expect(queries.length).toBeGreaterThan(0)
    const empty = async () => {
      const found = await Promise.all(
        queries.map(async ({ title, expr, instant }) => {
          const series = await (instant ? prometheus.query(expr) : prometheus.queryRange(expr))
          const hasData = series.some(({ values }) => values.some(Number.isFinite))
          return hasData ? [] : [`${title}: ${expr}`]
        }),
      )
      return found.flat()
    }
    await expect.poll(empty, patient).toEqual([])
  },
  LIMIT_MS,
)

test.skipIf(missing)(
  'every alert can be evaluated, and none is raised where nothing is wrong',
  async () => {
    await expect.poll(prometheus.brokenRules, patient).toEqual([])
    // The play lease ends within its hour, and play accounts have little stake at stake: only what is down would be wrong.
    const wrong =
      'ALERTS{alertstate="firing", alertname=~"TenderDaemonDown|TenderNoPeers|TenderMetricsUnreadable|.*Driver.*"}'
    expect(await prometheus.query(wrong)).toEqual([])
  },
  LIMIT_MS,
)

test.skipIf(missing)(
  'the example and its alerts are what Prometheus takes, and the alerts do what they say',
  async () => {
    const promtool = promisify(execFile)
    await promtool('promtool', ['check', 'config', examplePath('prometheus.yml')])
    await promtool('promtool', ['test', 'rules', examplePath('alerts.test.yml')])
  },
)
