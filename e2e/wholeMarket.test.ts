import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createApiClient, type LeaseProof } from '@tender/api'
import { fetchWorkload } from '@tender/cli'
import { type Leaf, leafHash, proofRoot } from '@tender/protocol'
import { createMarketClient, getReport, type MarketClient, verifyLeaf } from '@tender/sdk'
import { type Hex, keccak256 } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayMarket, startGatewayMarket } from './support/gatewayMarket.ts'
import {
  examplePath,
  missingPrometheus,
  type Prometheus,
  queriesOf,
  type Series,
  startPrometheus,
} from './support/prometheus.ts'
import { reportedEra } from './support/renting.ts'
import { freePorts, killTenders, startTender } from './support/tender.ts'
import { LIMIT_MS, until } from './support/until.ts'

// One market with a gateway, and one lease that its monitors watch: what it tells a real Prometheus, and what its gateway proves.

const missing = await missingPrometheus()
if (missing) console.warn(`skipped: ${missing}`)

const boards = ['tenant', 'provider', 'monitor', 'market']
const compose = fileURLToPath(new URL('../examples/hello/compose.yaml', import.meta.url))

/** Prometheus takes its share of a small machine, and there are ten daemons to scrape. */
const ERA_SECONDS = 20

let market: GatewayMarket
let lease: Hex
beforeAll(async () => {
  market = await startGatewayMarket({ eraSeconds: ERA_SECONDS })
  const rented = await rent()
  lease = rented.leaseId
  // Who never comes back would be measured as well; one visit is enough to be counted.
  expect((await fetchWorkload(rented.url, AbortSignal.timeout(LIMIT_MS))).status).toBe(200)
}, 4 * LIMIT_MS)
afterAll(async () => {
  killTenders()
  await market?.stop()
}, LIMIT_MS)

async function rent(): Promise<{ leaseId: Hex; url: string }> {
  // It is over as soon as all have answered.
  const args = ['up', compose, '--yes', '--json', '--auction', '60s']
  const { code, stdout, stderr } = await startTender(market.home, args).finished
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout).leases[0]
}

// Every panel of every dashboard has something to show.
describe.skipIf(missing)('Prometheus', () => {
  let directory: string
  let prometheus: Prometheus
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tender-prometheus-'))
    const tenant = `127.0.0.1:${await freePorts(1)}`
    startTender(market.home, ['watch', '--every', '5s', '--metrics', tenant])
    prometheus = await startPrometheus(directory, { targetsUrl: `${market.market.metricsUrl}/targets`, tenant })
  }, LIMIT_MS)
  afterAll(async () => {
    await prometheus?.stop()
    if (directory) await rm(directory, { recursive: true })
  }, LIMIT_MS)

  const sumOf = (series: readonly Series[]) => series.reduce((sum, { values }) => sum + (values.at(-1) ?? 0), 0)
  const sum = async (expr: string) => sumOf(await prometheus.query(expr))
  const patient = { timeout: LIMIT_MS, interval: 500 }

  test(
    'finds and scrapes every daemon of the market',
    async () => {
      const { providers, monitors } = market.market
      // The process, the gateway and the tenant.
      const all = providers.length + monitors.length + 3
      await expect.poll(() => sum('count(up)').catch(() => 0), patient).toBe(all)
      await expect.poll(() => sum('sum(up)'), patient).toBe(all)
    },
    LIMIT_MS,
  )

  test(
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

  test.each(boards)(
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

  test(
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

  test('the example and its alerts are what Prometheus takes, and the alerts do what they say', async () => {
    const promtool = promisify(execFile)
    await promtool('promtool', ['check', 'config', examplePath('prometheus.yml')])
    await promtool('promtool', ['test', 'rules', examplePath('alerts.test.yml')])
  })
})

// What the gateway proves over HTTP, checked with the chain alone: monitors watched a real lease, signed the era's report and posted it.
describe('proofs', () => {
  let chain: MarketClient
  let era: number
  beforeAll(async () => {
    const { rpcUrl, book } = market.market
    chain = await createMarketClient({ rpcUrl, book })
    era = await until('a report of the lease as its monitors saw it', () => measuredEra(lease))
  }, 2 * LIMIT_MS)

  /** An era that owed the lease service: one in which it only began has a leaf too, but nobody drawn for it. */
  async function measuredEra(leaseId: Hex): Promise<number | undefined> {
    const reported = await reportedEra(market.url, leaseId)
    const proof = await createApiClient({ baseUrl: market.url }).getLeaseProof({ era: reported, id: leaseId })
    return proof.metric?.assigned.length ? reported : undefined
  }

  /** Once the report is effective the contract itself takes it, or refuses it. */
  async function asTheContractSees(leaf: Leaf, proof: readonly Hex[]) {
    await until('the report to be effective', async () => (await report())?.effective || undefined)
    return verifyLeaf(chain, { era: BigInt(era), leaf, proof })
  }

  const report = () => getReport(chain, { era: BigInt(era) })
  const rootOnChain = async () => (await report())?.root

  test(
    'of a lease lead from its values to the root that the chain keeps',
    async () => {
      const response = await fetch(`${market.url}/v1/eras/${era}/leases/${lease}/proof`)
      expect(response.status).toBe(200)
      const proof: LeaseProof = await response.json()
      const root = await rootOnChain()
      expect(proof).toMatchObject({ era, root, leaf: { kind: 'lease', lease } })
      expect(keccak256(keccak256(proof.encoded))).toBe(proof.hash)
      expect(leafHash(proof.leaf)).toBe(proof.hash)
      expect(proofRoot(proof.hash, proof.proof)).toBe(root)
      expect(await asTheContractSees(proof.leaf, proof.proof)).toMatchObject({ coveredUntil: expect.any(Number) })
      // Whoever says that it served longer has no proof of it.
      const longer = { ...proof.leaf, served: proof.leaf.served + 1 }
      expect(proofRoot(leafHash(longer), proof.proof)).not.toBe(root)
      await expect(asTheContractSees(longer, proof.proof)).rejects.toMatchObject({ code: 'noLeaf' })
      expect(proof.metric?.servedSeconds).toBeLessThanOrEqual(proof.leaf.served)
      expect(proof.metric?.assigned.length).toBeGreaterThan(0)
    },
    LIMIT_MS,
  )

  test(
    'of its provider too, and more than two thirds of the monitors signed that root',
    async () => {
      const client = createApiClient({ baseUrl: market.url })
      const { provider } = await client.getLease({ id: lease })
      const proof = await client.getProviderProof({ era, id: provider })
      const { kind, score, rewards, slashed } = proof.leaf
      const leaf = { kind, provider: BigInt(provider), score, rewards: BigInt(rewards), slashed: BigInt(slashed) }
      expect(leafHash(leaf)).toBe(proof.hash)
      expect(proofRoot(proof.hash, proof.proof)).toBe(await rootOnChain())
      const { root, signers, totalWeight } = await client.getEra({ era })
      expect(root).toBe(proof.root)
      const signed = signers.reduce((sum, { weight }) => sum + weight, 0)
      expect(3 * signed).toBeGreaterThan(2 * totalWeight)
    },
    LIMIT_MS,
  )

  test(
    'of what a report says nothing of there are none, and the answer says so',
    async () => {
      const unknown = await fetch(`${market.url}/v1/eras/${era}/leases/0x${'ab'.repeat(32)}/proof`)
      expect([unknown.status, (await unknown.json()).code]).toEqual([404, 'notInReport'])
      const later = await fetch(`${market.url}/v1/eras/999999/leases/${lease}/proof`)
      expect([later.status, (await later.json()).code]).toEqual([404, 'unknownEra'])
    },
    LIMIT_MS,
  )
})
