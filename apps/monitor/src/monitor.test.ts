import { eraReportsAbi } from '@tender/abi'
import {
  askLeaves,
  askObservations,
  askPart,
  createNetworkNode,
  type NetworkNode,
  type ProvenLeaves,
} from '@tender/network'
import { type Dialable, encodeFacts, type Leaf, marketDomain, probesHash, verifyDataSet } from '@tender/protocol'
import {
  findDisputes,
  findLeaseEnd,
  findReports,
  getLease,
  getNextReport,
  getReport,
  getReportRules,
  openDispute,
  sendStakeTokens,
  settleServedLease,
} from '@tender/sdk'
import { publicKeyOf } from '@tender/sdk/testReports'
import { type Hex, parseUnits, zeroAddress, zeroHash } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { askMonitor } from './control.ts'
import { readFacts } from './facts/chainFacts.ts'
import {
  addMonitor,
  type MonitoredMarket,
  type Served,
  serveLease,
  startMonitoredMarket,
  type TestMonitor,
} from './testMonitors.ts'

// One market and one lease of it, to which one thing after the other happens, until it ends.

// Eras take their time, and a busy machine takes more: a limit is for hangs.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

let market: MonitoredMarket
let served: Served
/** Of somebody who asks monitors. */
let node: NetworkNode
const monitors: TestMonitor[] = []
beforeAll(async () => {
  market = await startMonitoredMarket()
  for (const index of [0, 1, 2, 3]) monitors.push(await addMonitor(market, index))
  served = await serveLease(market, first().addresses())
  node = await asker()
})
afterAll(() => market?.stop())

const first = () => {
  const [monitor] = monitors
  if (!monitor) throw new Error('no monitor')
  return monitor.monitor()
}

async function asker(): Promise<NetworkNode> {
  const asking = await createNetworkNode({
    privateKey: generatePrivateKey(),
    listen: [],
    bootstrap: [],
    market: { chainId: market.book.chainId, orderBook: market.book.contracts.orderBook },
    verifySignature: ({ signer, digest, signature }) =>
      market.governor.rpc.verifyHash({ address: signer, hash: digest, signature }),
    providerOf: async () => undefined,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    log: () => {},
  })
  await asking.start()
  market.onStop(() => asking.stop())
  return asking
}

const soon = () => AbortSignal.timeout(20_000)

/** Where a test monitor is dialled. */
async function contactOf(index: number): Promise<Dialable> {
  const running = monitors[index]?.monitor()
  return { publicKey: publicKeyOf(await market.client(4 + index)), addresses: running?.addresses() ?? [] }
}

/** What the newest effective report says of a lease, as soon as `enough` of it holds. */
async function leavesOf(lease: Hex, enough: (leaf: Leaf) => boolean): Promise<ProvenLeaves> {
  let found: ProvenLeaves | undefined
  const contact = await contactOf(0)
  await expect
    .poll(
      async () => {
        // Until there is a report the monitor says that it has none.
        found = await askLeaves(node, contact, { of: { leases: [lease] } }, soon()).catch(() => undefined)
        return found?.leaves.some(({ leaf }) => enough(leaf)) ?? false
      },
      { timeout: 240_000, interval: 500 },
    )
    .toBe(true)
  if (!found) throw new Error('nothing was found')
  return found
}

test('four monitors agree on what a lease served, and its provider is paid by their report', async () => {
  const { era, leaves } = await leavesOf(served.lease, (leaf) => leaf.kind === 'lease' && leaf.served >= 10)
  const [proven] = leaves
  if (proven?.leaf.kind !== 'lease') throw new Error('no leaf of the lease')

  // The contract takes the proof, and pays no second more than the report says.
  const { settlement } = await settleServedLease(served.provider.operator, {
    lease: served.terms,
    proven: { era, served: proven.leaf.served, proof: proven.proof },
  })
  expect(settlement?.paid).toBeGreaterThan(0n)
  const { secondsPaid } = await getLease(served.provider.operator, { lease: served.terms })
  expect(secondsPaid).toBe(proven.leaf.served)

  // All four told what they did, and that nothing was wrong.
  const told = await Promise.all(monitors.map(async (one) => one.monitor().metrics.text()))
  const sum = (name: string) =>
    told
      .flatMap((text) => [...text.matchAll(new RegExp(`^tender_monitor_${name}({.*})? (.*)$`, 'gm'))])
      .reduce((total, [, , value]) => total + Number(value), 0)
  expect(sum('reports_posted_total')).toBeGreaterThanOrEqual(Number(era))
  expect(sum('reports_signed_total')).toBeGreaterThanOrEqual(2 * Number(era))
  expect(sum('probe_latency_seconds_count')).toBeGreaterThan(0)
  expect(sum('chain_gas_total')).toBeGreaterThan(0)
  expect(sum('weight_ratio')).toBe(1)
  expect(sum('mesh_up')).toBe(4)
  expect(sum('failed_readings_total')).toBe(0)

  // Who doubts it finds the same from the data set and the chain alone.
  const reports = await findReports(market.governor)
  const report = reports.find((one) => one.era === era)
  const before = reports.find((one) => one.era === era - 1n)
  if (!report) throw new Error('no report')
  const monitor = await contactOf(1)
  const { orderBook, eraReports } = market.book.contracts
  const verified = await verifyDataSet({
    report,
    domain: marketDomain({ chainId: market.book.chainId, orderBook }),
    reports: eraReports,
    part: (hash) => askPart(node, monitor, hash, { maxBytes: 2 ** 26, signal: soon() }),
    dataHashOf: async (asked) => reports.find((one) => one.era === asked)?.dataHash ?? zeroHash,
  })
  const { genesis } = await getReportRules(market.governor)
  const span = { era, from: before?.coveredUntil ?? genesis, until: report.coveredUntil }
  const { facts } = await readFacts(market.governor, span, soon())
  expect(encodeFacts(verified.facts)).toEqual(encodeFacts(facts))

  // And what each monitor saw is there to be looked at.
  const { seen } = await askObservations(node, monitor, { lease: served.lease, era }, soon())
  expect(seen?.observation.evidence).toBe(probesHash(seen?.probes ?? []))
  // A busy machine may have been down for a moment.
  expect(seen?.observation.upBps).toBeGreaterThan(0)
  expect(await askMonitor(monitors[0]?.stateDir ?? '')).toMatchObject({ watching: 1, weight: 1_000, blind: false })
})

test('a monitor that was away catches up from the others, and a dispute is recounted', async () => {
  const { lastEra } = await getNextReport(market.governor)
  await monitors[3]?.stop()
  // One that was under way may have its signature.
  const { era } = await posted(lastEra + 2n)
  await expect.poll(async () => (await getReport(market.governor, { era }))?.effective).toBe(true)

  // From here on no report comes without the one that was away.
  await monitors[3]?.restart()
  await monitors[2]?.stop()
  const tenant = await market.client(1)
  await sendStakeTokens(market.governor, { to: tenant.account?.address ?? zeroAddress, amount: parseUnits('100', 18) })
  const { dispute } = await openDispute(tenant, { lease: served.terms, era, evidence: zeroHash })
  const outcome = async () =>
    (await findDisputes(tenant, { lease: served.lease })).find((one) => one.dispute === dispute)
  await expect
    .poll(async () => (await outcome())?.outcome, { timeout: 240_000, interval: 500 })
    // All had counted right: the bond is lost.
    .toEqual({ upheld: false, returned: 0n })
  await monitors[2]?.restart()
})

test('a chain that rolls back across a report gets another one', async () => {
  const { lastEra } = await getNextReport(market.governor)
  const era = lastEra + 1n
  const before = await posted(era)
  await market.cheat('anvil_reorg', [Number(await market.governor.rpc.getBlockNumber()) - before.block + 2, []])
  expect(await findReports(market.governor, { era })).toEqual([])

  const after = await posted(era)
  expect(after.transaction).not.toBe(before.transaction)
  await posted(era + 1n)
  expect(first().status().agreement.attempt).toBe(0)
})

test('a lease whose provider vanishes is ended, and the provider pays, although monitors are restarted meanwhile', async () => {
  await Promise.all([monitors[1]?.restart(), monitors[2]?.restart()])

  await served.vanish()
  const tenant = served.provider.owner
  const closed = async () => (await getLease(tenant, { lease: served.terms })).closedAt
  await expect.poll(closed, { timeout: 240_000, interval: 300 }).toBeDefined()
  const { reason } = await findLeaseEnd(tenant, { leaseId: served.lease }).then((end) => end ?? { reason: undefined })
  expect(reason).toBe(7)

  const { eraReports } = market.book.contracts
  const slashed = () =>
    tenant.rpc.readContract({
      address: eraReports,
      abi: eraReportsAbi,
      functionName: 'slashedOfProvider',
      args: [served.terms.provider],
    })
  await expect.poll(slashed, { timeout: 240_000, interval: 300 }).toBeGreaterThan(0n)
  // What was served before is still paid.
  const { leaves } = await leavesOf(served.lease, (leaf) => leaf.kind === 'lease')
  expect(leaves.some(({ leaf }) => leaf.kind === 'lease' && leaf.served > 0)).toBe(true)
})

/** An era's report, as soon as it is there. */
async function posted(era: bigint) {
  let report: Awaited<ReturnType<typeof findReports>>[number] | undefined
  await expect
    .poll(
      async () => {
        report = (await findReports(market.governor, { era })).at(-1)
        return report
      },
      { timeout: 240_000, interval: 200 },
    )
    .toBeDefined()
  if (!report) throw new Error('no report')
  return report
}
