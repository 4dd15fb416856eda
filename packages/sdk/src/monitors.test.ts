import { keccak256, parseUnits, stringToHex, zeroHash } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findReports } from './actions/findReports.ts'
import { getChainTime } from './actions/getChainTime.ts'
import { getMonitors } from './actions/getMonitors.ts'
import { getNextReport } from './actions/getNextReport.ts'
import { getReport } from './actions/getReport.ts'
import { getReportRules } from './actions/getReportRules.ts'
import { getStake } from './actions/getStake.ts'
import { joinMonitor } from './actions/joinMonitor.ts'
import { postReport } from './actions/postReport.ts'
import { sendStakeTokens } from './actions/sendStakeTokens.ts'
import { setMonitorContact } from './actions/setMonitorContact.ts'
import { setMonitorWeight } from './actions/setMonitorWeight.ts'
import { signReport } from './actions/signReport.ts'
import { slashEquivocation } from './actions/slashEquivocation.ts'
import { stake } from './actions/stake.ts'
import { unlockMonitor } from './actions/unlockMonitor.ts'
import { unstake } from './actions/unstake.ts'
import { vetoReport } from './actions/vetoReport.ts'
import { watchMarket } from './actions/watchMarket.ts'
import type { MarketClient } from './createMarketClient.ts'
import { startTestMarket, type TestMarket, testAccount } from './testMarket.ts'
import { joinTestMonitor, nextReport, publicKeyOf, type TestMonitor, turnClockTo } from './testReports.ts'

let market: TestMarket
let monitor: TestMonitor
/** A second one, lighter. */
let other: MarketClient
const key = testAccount(9).address
const otherKey = testAccount(8).address
const root = keccak256(stringToHex('what was served'))

/** Turns the clock to where changes of weight count. */
async function nextEra() {
  const { genesis, eraSeconds } = await getReportRules(other)
  const { clockEra } = await getNextReport(other)
  await turnClockTo(other, genesis + (clockEra + 1) * eraSeconds)
}

beforeAll(async () => {
  market = await startTestMarket()
  monitor = await joinTestMonitor(await market.client(9), market.governor)
  other = await market.client(8)
})
afterAll(() => market.stop())

test('a monitor stakes, joins, counts from the next era on, changes its weight and leaves', async () => {
  await sendStakeTokens(market.governor, { to: otherKey, amount: parseUnits('300', 18) })
  await stake(other, { monitor: otherKey, amount: parseUnits('300', 18) })
  const publicKey = publicKeyOf(other)
  await expect(joinMonitor(other, { weight: 99, publicKey, addresses: [] })).rejects.toMatchObject({
    code: 'weightTooLow',
  })
  const { index } = await joinMonitor(other, { weight: 100, publicKey, addresses: ['/ip4/192.0.2.7/tcp/4001'] })
  const { block } = await getChainTime(other)
  const joined = { index, key: otherKey, nextWeight: 100, publicKey, addresses: ['/ip4/192.0.2.7/tcp/4001'] }
  expect(await getMonitors(other)).toMatchObject([
    { index: 0, key, weight: 100 },
    { ...joined, weight: 0 },
  ])
  expect(await getStake(other, { monitor: otherKey, account: otherKey })).toMatchObject({
    locked: parseUnits('100', 18),
    free: parseUnits('200', 18),
  })

  await nextEra()
  expect(await getMonitors(other)).toMatchObject([{ key }, { ...joined, weight: 100 }])
  await setMonitorContact(other, { publicKey, addresses: ['/ip4/192.0.2.8/tcp/4001', '/dns4/m.example/tcp/4002'] })
  const changed = await setMonitorWeight(other, { weight: 200 })
  expect(changed).toMatchObject({ weight: 100, nextWeight: 200 })
  expect((await getMonitors(other))[1]).toMatchObject({
    weight: 100,
    nextWeight: 200,
    nextFrom: changed.nextFrom,
    addresses: ['/ip4/192.0.2.8/tcp/4001', '/dns4/m.example/tcp/4002'],
  })
  // As of an earlier block nothing of that happened.
  expect(await getMonitors(other, { blockNumber: BigInt(block) })).toMatchObject([{ key }, { ...joined, weight: 0 }])
  expect(await getMonitors(other, { blockNumber: BigInt(market.book.deployBlock + 10) })).toEqual([])

  await setMonitorWeight(other, { weight: 0 })
  await expect(unlockMonitor(other, { index })).rejects.toMatchObject({ code: 'stillCounted' })
  await nextEra()
  await unlockMonitor(market.governor, { index })
  expect(await getMonitors(other)).toMatchObject([{ key }])
  const { shares } = await getStake(other, { monitor: otherKey, account: otherKey })
  await unstake(other, { monitor: otherKey, shares })
})

test('the rules of reports are read as of a block', async () => {
  const rules = await getReportRules(other)
  expect(rules).toMatchObject({
    eraSeconds: 600,
    activationDelaySeconds: 10,
    livenessEras: 3,
    maxVetoes: 1,
    minWeight: 100,
    creditBps: 1_000,
    disputeBond: parseUnits('100', 18),
    providerBudget: parseUnits('1000', 18),
    feeFactorBps: 10_000,
    idleFactorBps: 1_000,
    mostOfFeesBps: 5_000,
    penaltyBps: [500, 2_000, 5_000],
    rates: [{ asset: market.dollar, rate: 10n ** 30n }],
  })
  const early = BigInt(market.book.deployBlock + 10)
  expect(await getReportRules(other, { blockNumber: early })).toMatchObject({ providerBudget: 0n, rates: [] })
})

test('a report is pending, may be vetoed, and is effective after its delay', async () => {
  const post = async () => {
    const signed = await signReport(monitor.client, { report: await nextReport(other, root) })
    const posted = await postReport(other, { ...signed, signatures: [{ index: 0, signature: signed.signature }] })
    return { ...posted, report: signed.report }
  }
  expect(await getReport(other, { era: 1n })).toBeUndefined()
  const first = await post()
  expect(first.report).toMatchObject({ era: 1n, attempt: 0 })
  expect(await getReport(other, { era: 1n })).toMatchObject({ root, effective: false, effectiveAt: first.effectiveAt })
  await expect(vetoReport(other, { era: 1n })).rejects.toMatchObject({ class: 'denied' })
  await vetoReport(market.governor, { era: 1n })
  expect(await getReport(other, { era: 1n })).toBeUndefined()
  expect(await getNextReport(other)).toMatchObject({ era: 1n, attempt: 1, lastEra: 0n, lastCoveredUntil: 0 })

  const second = await post()
  await expect(post()).rejects.toMatchObject({ code: 'previousPending' })
  await turnClockTo(other, second.effectiveAt)
  const { coveredUntil } = second.report
  expect(await getReport(other, { era: 1n })).toMatchObject({ root, coveredUntil, effective: true })
  expect(await getNextReport(other)).toMatchObject({
    ...{ era: 2n, attempt: 0, after: coveredUntil, lastEra: 1n, lastCoveredUntil: coveredUntil },
    fallbackOpen: false,
  })
  const found = await findReports(other)
  expect(found).toMatchObject([
    { era: 1n, attempt: 0, vetoed: true, signers: [key] },
    { era: 1n, attempt: 1, vetoed: false, signers: [key], root, coveredUntil, dataHash: zeroHash },
  ])
  const { transaction, effectiveAt } = second
  expect(found[1]).toMatchObject({ transaction, effectiveAt })
  expect(await findReports(other, { era: 2n })).toEqual([])
})

test('what happens to reports and rewards is told to who watches', async () => {
  const watching = new AbortController()
  const seen = new Set<string>()
  for await (const update of watchMarket(other, { signal: watching.signal })) {
    seen.add(update.type)
    if (update.type === 'synced') watching.abort()
  }
  expect([...seen]).toEqual(
    expect.arrayContaining(['RateChanged', 'MonitorJoined', 'MonitorContact', 'ReportPosted', 'ReportVetoed']),
  )
})

test('who signs two reports of one round loses its stake and its say', async () => {
  const report = await nextReport(other, root)
  const a = await signReport(monitor.client, { report })
  const b = await signReport(monitor.client, { report: { ...report, root: keccak256(root) } })
  await expect(slashEquivocation(other, { a, b: a })).rejects.toMatchObject({ code: 'notEquivocation' })
  expect((await slashEquivocation(other, { a, b })).taken).toBe(parseUnits('100', 18))
  expect(await getMonitors(other)).toEqual([])
})

test('when no reports come for some eras, the fallback opens', async () => {
  const { livenessEras, eraSeconds } = await getReportRules(other)
  await market.skip(livenessEras * eraSeconds + 1)
  expect((await getNextReport(other)).fallbackOpen).toBe(true)
})
