import { leafTree, owed } from '@tender/protocol'
import { type Hex, keccak256, parseUnits, stringToHex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyCredit } from './actions/applyCredit.ts'
import { applyMonitorSlash } from './actions/applyMonitorSlash.ts'
import { applyProviderSlash } from './actions/applyProviderSlash.ts'
import { attestProvider } from './actions/attestProvider.ts'
import { claimMonitorRewards } from './actions/claimMonitorRewards.ts'
import { claimProviderRewards } from './actions/claimProviderRewards.ts'
import { endLeaseByMonitors } from './actions/endLeaseByMonitors.ts'
import { expireDispute } from './actions/expireDispute.ts'
import { findDisputes } from './actions/findDisputes.ts'
import { findUnbonding } from './actions/findUnbonding.ts'
import { getBalance } from './actions/getBalance.ts'
import { getChainTime } from './actions/getChainTime.ts'
import { getLease } from './actions/getLease.ts'
import { getMonitors } from './actions/getMonitors.ts'
import { getPenalties } from './actions/getPenalties.ts'
import { getReportRules } from './actions/getReportRules.ts'
import { getRewards } from './actions/getRewards.ts'
import { getStake } from './actions/getStake.ts'
import { matchOrder } from './actions/matchOrder.ts'
import { openDispute } from './actions/openDispute.ts'
import { resolveDispute } from './actions/resolveDispute.ts'
import { sendStakeTokens } from './actions/sendStakeTokens.ts'
import { setAuditor } from './actions/setAuditor.ts'
import { settleByFallback } from './actions/settleByFallback.ts'
import { settleServedLease } from './actions/settleServedLease.ts'
import { settleServedLeases } from './actions/settleServedLeases.ts'
import { signLeaseEnd } from './actions/signLeaseEnd.ts'
import { signOrder } from './actions/signOrder.ts'
import { verifyLeaf } from './actions/verifyLeaf.ts'
import { watchMarket } from './actions/watchMarket.ts'
import type { MarketClient } from './createMarketClient.ts'
import {
  addProvider,
  addTenant,
  orderOf,
  startTestMarket,
  type TestMarket,
  type TestProvider,
  testAccount,
} from './testMarket.ts'
import { joinTestMonitor, type TestMonitor } from './testReports.ts'

let market: TestMarket
let tenant: MarketClient
let provider: TestProvider
let monitor: TestMonitor
const tenantKey = testAccount(1).address
const monitorKey = testAccount(9).address
const evidence = keccak256(stringToHex('what was seen'))
const tokens = (amount: number) => parseUnits(String(amount), 18)
let nonce = 0n

/** A monitored lease of an hour at 10,001 smallest units. */
async function openLease() {
  nonce += 1n
  const monitored = { uptimeBps: 9_900, verifier: market.book.contracts.eraReports, nonce }
  const { order, hash } = await signOrder(tenant, { order: await orderOf(market, tenant, monitored) })
  const { leases } = await matchOrder(tenant, { order, offers: [await provider.bid(hash)] })
  const [lease] = leases
  if (!lease) throw new Error('no lease')
  return lease
}

beforeAll(async () => {
  market = await startTestMarket()
  tenant = await addTenant(market, { account: 1, amount: 1_000_000n })
  provider = await addProvider(market, { first: 2 })
  monitor = await joinTestMonitor(await market.client(9), market.governor)
})
afterAll(() => market.stop())

test('several leases are settled with one proof', async () => {
  const leases = [await openLease(), await openLease(), await openLease()]
  await market.skip(1000)
  const { report, multiproof } = await monitor.report(
    leases.map(({ leaseId: lease }, index) => ({ kind: 'lease', lease, served: 900 + index })),
  )
  const { proof, flags, order } = multiproof([0, 2])
  const claimed = order.flatMap((index) => {
    const lease = leases[index]
    return lease ? [{ lease: lease.terms, served: 900 + index }] : []
  })
  const { settlements } = await settleServedLeases(tenant, { era: report.era, leases: claimed, proof, flags })
  expect(new Map(settlements.map(({ leaseId, secondsPaid }) => [leaseId, secondsPaid]))).toEqual(
    new Map([
      [leases[0]?.leaseId, 900],
      [leases[2]?.leaseId, 902],
    ]),
  )
})

test('a leaf that somebody shows is checked against the chain', async () => {
  const leaf = { kind: 'monitorSlash', monitor: monitorKey, slashed: 0n } as const
  const { report, proof } = await monitor.report([leaf, { ...leaf, slashed: 1n }])
  const { era, coveredUntil } = report
  expect(await verifyLeaf(tenant, { era, leaf, proof: proof(0) })).toEqual({ coveredUntil })
  await expect(verifyLeaf(tenant, { era, leaf, proof: proof(1) })).rejects.toMatchObject({ code: 'noLeaf' })
  await expect(verifyLeaf(tenant, { era: era + 1n, leaf, proof: [] })).rejects.toMatchObject({ code: 'notEffective' })
})

test('a provider pays its tenant a credit, and is slashed, once', async () => {
  const { leaseId: lease } = await openLease()
  const credit = { provider: provider.id, tenant: tenantKey, amount: tokens(2) }
  const figures = { score: 3_000, rewards: 0n, slashed: tokens(3) }
  const { report, proof } = await monitor.report([
    { kind: 'credit', lease, ...credit },
    { kind: 'provider', provider: provider.id, ...figures },
  ])
  const { era } = report
  const before = await getStake(tenant, { provider: provider.id, account: testAccount(2).address })

  expect(await getPenalties(tenant, { lease })).toEqual({ applied: 0n })
  const proven = { era, ...credit, proof: proof(0) }
  expect((await applyCredit(tenant, { lease, proven })).taken).toBe(tokens(2))
  expect((await applyCredit(tenant, { lease, proven })).taken).toBe(0n)
  expect(await getPenalties(tenant, { lease })).toEqual({ applied: tokens(2) })
  expect(await findUnbonding(tenant, { account: tenantKey })).toHaveLength(1)

  const slash = { provider: provider.id, proven: { era, ...figures, proof: proof(1) } }
  expect((await applyProviderSlash(tenant, slash)).taken).toBe(tokens(3))
  expect((await applyProviderSlash(tenant, slash)).taken).toBe(0n)
  expect(await getPenalties(tenant, { provider: provider.id })).toEqual({ applied: tokens(3) })
  const { bonded } = await getStake(tenant, { provider: provider.id, account: testAccount(2).address })
  // Shares are worth whole smallest units, rounded down.
  expect(before.bonded - bonded - tokens(5)).toBeLessThanOrEqual(1n)
})

test('a provider is paid new stake tokens, a monitor the market’s fees', async () => {
  const { rewards } = market.book.contracts
  const asset = market.dollar
  const fees = (await getBalance(tenant, { account: rewards, asset })).deposited
  expect(fees).toBeGreaterThan(0n)
  const figures = { score: 9_500, rewards: tokens(40), slashed: tokens(3) }
  const { report, proof } = await monitor.report([
    { kind: 'provider', provider: provider.id, ...figures },
    { kind: 'monitor', monitor: monitorKey, asset, rewards: fees },
  ])
  const { era } = report
  const before = await getStake(tenant, { provider: provider.id, account: tenantKey })
  const claim = { provider: provider.id, proven: { era, ...figures, proof: proof(0) } }
  expect((await claimProviderRewards(tenant, claim)).paid).toBe(tokens(40))
  expect((await claimProviderRewards(tenant, claim)).paid).toBe(0n)
  expect(await getRewards(tenant, { provider: provider.id })).toEqual({ claimed: tokens(40) })
  const { bonded } = await getStake(tenant, { provider: provider.id, account: tenantKey })
  expect(bonded).toBeGreaterThan(before.bonded)

  const share = { monitor: monitorKey, asset, proven: { era, rewards: fees, proof: proof(1) } }
  expect((await claimMonitorRewards(tenant, share)).paid).toBe(fees)
  expect((await claimMonitorRewards(tenant, share)).paid).toBe(0n)
  expect(await getRewards(tenant, { monitor: monitorKey, asset })).toEqual({ claimed: fees })
  expect((await getBalance(tenant, { account: monitorKey, asset })).wallet).toBe(fees)
})

test('a dispute costs a bond, which comes back if it is upheld or nobody recounts', async () => {
  const { terms, leaseId: lease } = await openLease()
  const { report } = await monitor.report([{ kind: 'lease', lease, served: 0 }])
  const { disputeBond: bond } = await getReportRules(tenant)
  await sendStakeTokens(market.governor, { to: tenantKey, amount: 3n * bond })
  const about = { lease: terms, era: report.era, evidence }
  await expect(openDispute(market.governor, about)).rejects.toMatchObject({ code: 'notParty' })
  const opened = [await openDispute(tenant, about), await openDispute(tenant, about), await openDispute(tenant, about)]
  const [won, lost, forgotten] = opened.map(({ dispute }) => dispute)
  if (won === undefined || lost === undefined || forgotten === undefined) throw new Error('no disputes')
  expect(await findDisputes(tenant, { lease })).toMatchObject([
    { dispute: won, lease, era: report.era, opener: tenantKey, bond, evidence, outcome: undefined },
    { dispute: lost },
    { dispute: forgotten },
  ])

  const recount = await monitor.report([
    { kind: 'dispute', dispute: won, upheld: true },
    { kind: 'dispute', dispute: lost, upheld: false },
  ])
  const { era } = recount.report
  const outcome = (dispute: bigint, upheld: boolean, proof: readonly Hex[]) =>
    resolveDispute(tenant, { dispute, proven: { era, upheld, proof } })
  expect((await outcome(won, true, recount.proof(0))).returned).toBe(bond)
  expect((await outcome(lost, false, recount.proof(1))).returned).toBe(0n)
  await expect(expireDispute(tenant, { dispute: forgotten })).rejects.toMatchObject({ code: 'disputeOpen' })
  await monitor.report([])
  await expect(expireDispute(tenant, { dispute: forgotten })).rejects.toMatchObject({ code: 'disputeOpen' })
  await monitor.report([])
  expect((await expireDispute(tenant, { dispute: forgotten })).returned).toBe(bond)
  expect((await findDisputes(tenant, { lease })).map((dispute) => dispute.outcome)).toEqual([
    { upheld: true, returned: bond },
    { upheld: false, returned: 0n },
    { upheld: false, returned: bond },
  ])
})

test('monitors end the lease of a provider that vanished', async () => {
  const { terms, leaseId: lease } = await openLease()
  await market.skip(120)
  const { timestamp: endedAt } = await getChainTime(tenant)
  const end = { reports: market.book.contracts.eraReports, lease, endedAt, evidence }
  const { signature } = await signLeaseEnd(monitor.client, { end })
  const signatures = [{ index: monitor.index, signature }]
  await expect(endLeaseByMonitors(tenant, { lease: terms, end, signatures: [] })).rejects.toMatchObject({
    code: 'quorumMissing',
  })
  const ended = await endLeaseByMonitors(tenant, { lease: terms, end, signatures })
  expect(ended.closedAt).toBe(endedAt)
  expect(ended.refunded).toBeGreaterThan(9_000n)
})

test('only a named auditor attests', async () => {
  const { timestamp, block } = await getChainTime(tenant)
  const attestation = { provider: provider.id, resultBps: 9_500, evidence, expiry: timestamp + 3600 }
  await expect(attestProvider(tenant, attestation)).rejects.toMatchObject({ code: 'notAuditor', class: 'denied' })
  await setAuditor(market.governor, { auditor: tenantKey, named: true })
  await attestProvider(tenant, attestation)
  const signal = AbortSignal.timeout(10_000)
  for await (const update of watchMarket(tenant, { fromBlock: block, signal })) {
    if (update.type === 'synced') throw new Error('nobody was told')
    if (update.type !== 'ProviderAttested') continue
    expect(update.args).toMatchObject({ provider: provider.id, auditor: tenantKey, resultBps: 9_500, evidence })
    break
  }
})

test('without reports a lease is settled by its last leaf, then by time', async () => {
  const { terms, leaseId: lease, end } = await openLease()
  await market.skip(60)
  const { report, proof } = await monitor.report([{ kind: 'lease', lease, served: 5 }])
  const proven = { era: report.era, served: 5, proof: proof(0) }
  await expect(settleByFallback(provider.operator, { lease: terms, proven })).rejects.toMatchObject({
    code: 'fallbackClosed',
  })
  await market.skip(3 * 600 + 1)
  const { settlement } = await settleByFallback(provider.operator, { lease: terms, proven })
  const { byTime, timestamp } = await getLease(tenant, { lease: terms })
  expect(byTime).toBe(true)
  if (!settlement) throw new Error('nothing was paid')
  expect(settlement.secondsPaid).toBe(5 + Math.min(timestamp, end) - report.coveredUntil)
  expect(settlement.paid + settlement.fee).toBe(owed(terms.rate, settlement.secondsPaid))
})

test('a monitor is slashed by a report, and its weight with it', async () => {
  const leaf = { kind: 'monitorSlash', monitor: monitorKey, slashed: tokens(30) } as const
  const { report, proof } = await monitor.report([leaf])
  const proven = { era: report.era, slashed: leaf.slashed, proof: proof(0) }
  expect((await applyMonitorSlash(tenant, { monitor: monitorKey, proven })).taken).toBe(tokens(30))
  expect(await getMonitors(tenant)).toMatchObject([{ key: monitorKey, weight: 70 }])
  expect(await getPenalties(tenant, { monitor: monitorKey })).toEqual({ applied: tokens(30) })
  await expect(
    settleServedLease(tenant, { lease: (await openLease()).terms, proven: { era: report.era, served: 1, proof: [] } }),
  ).rejects.toMatchObject({ code: 'noLeaf' })
  expect(leafTree([leaf]).root).toBe(report.root)
})
