import { type LeaseEnd, marketDomain, messageHash, type Report } from '@tender/protocol'
import { type Hex, zeroAddress, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { market, NOW, soon, startNode } from '../testNetwork.ts'
import {
  type Consent,
  type Proposal,
  sendProposal,
  sendSuspicion,
  serveProposals,
  serveSuspicions,
} from './agreement.ts'

const domain = marketDomain(market)
const options = () => ({ timeoutMs: 60_000, signal: soon() })
const report: Report = {
  reports: zeroAddress,
  era: 3n,
  attempt: 0,
  round: 1,
  root: `0x${'31'.repeat(32)}`,
  coveredUntil: NOW,
  dataHash: `0x${'32'.repeat(32)}`,
}
const batch = {
  header: { reports: zeroAddress, era: 3n, monitor: zeroAddress, digest: zeroHash },
  signature: `0x${'33'.repeat(65)}` as const,
  bytes: 10_000_000,
}
const { signature: anySignature } = batch
const proposal: Proposal = {
  report,
  signature: anySignature,
  block: { number: 2n ** 40n, hash: zeroHash },
  batches: [batch],
}
const end: LeaseEnd = { reports: zeroAddress, lease: `0x${'34'.repeat(32)}`, endedAt: NOW, evidence: zeroHash }

const signReport = (key: Hex, message: Report) =>
  privateKeyToAccount(key).sign({ hash: messageHash(domain, 'Report', message) })
const signEnd = (key: Hex, message: LeaseEnd) =>
  privateKeyToAccount(key).sign({ hash: messageHash(domain, 'LeaseEnd', message) })

type Judge = (keys: { own: Hex; other: Hex }, signal: AbortSignal) => Promise<Consent>

async function setUp(judge: Judge) {
  // Of an account with code a chain may say that it signed anything; the contract of reports takes keys' signatures alone.
  const gullible = { verifySignature: async () => true }
  const [leader, other, stranger] = [await startNode(gullible), await startNode(), await startNode()]
  const judged: unknown[] = []
  const keys = { own: other.privateKey, other: leader.privateKey }
  const isMonitor = async (address: string) => address === leader.address
  const take = (what: unknown, signal: AbortSignal) => {
    judged.push(what)
    return judge(keys, signal)
  }
  await serveProposals(other, { isMonitor, judge: (asked, _caller, signal) => take(asked, signal) })
  await serveSuspicions(other, { isMonitor, judge: (asked, _caller, signal) => take(asked, signal) })
  return { leader, other, stranger, judged }
}

test('a proposal arrives whole and comes back signed', async () => {
  const { leader, other, judged } = await setUp(async ({ own }) => ({ signature: await signReport(own, report) }))
  const largest = { ...proposal, batches: Array.from({ length: 1024 }, () => batch) }
  const signature = await signReport(other.privateKey, report)
  expect(await sendProposal(leader, other.contact(), largest, options())).toEqual({ signature })
  expect(judged).toEqual([largest])
})

test('a refusal says why', async () => {
  const refusal = { code: 'rootDiffers', message: 'the root is 0x12…' }
  const { leader, other } = await setUp(async () => ({ refusal }))
  expect(await sendProposal(leader, other.contact(), proposal, options())).toEqual({ refusal })
  expect(await sendSuspicion(leader, other.contact(), end, options())).toEqual({ refusal })
})

test('a suspicion comes back signed', async () => {
  const { leader, other, judged } = await setUp(async ({ own }) => ({ signature: await signEnd(own, end) }))
  const signature = await signEnd(other.privateKey, end)
  expect(await sendSuspicion(leader, other.contact(), end, options())).toEqual({ signature })
  expect(judged).toEqual([end])
})

test('only monitors ask for signatures', async () => {
  const { stranger, other, judged } = await setUp(async ({ own }) => ({ signature: await signReport(own, report) }))
  const denied = { code: 'notMonitor' }
  await expect(sendProposal(stranger, other.contact(), proposal, options())).rejects.toMatchObject(denied)
  await expect(sendSuspicion(stranger, other.contact(), end, options())).rejects.toMatchObject(denied)
  expect(judged).toEqual([])
})

test('a signature of another key, or over something else, is none', async () => {
  const bad = { code: 'badSignature' }
  const foreign = await setUp(async ({ other }) => ({ signature: await signReport(other, report) }))
  await expect(sendProposal(foreign.leader, foreign.other.contact(), proposal, options())).rejects.toMatchObject(bad)
  const changed = await setUp(async ({ own }) => ({ signature: await signReport(own, { ...report, root: zeroHash }) }))
  await expect(sendProposal(changed.leader, changed.other.contact(), proposal, options())).rejects.toMatchObject(bad)
  const early = await setUp(async ({ own }) => ({ signature: await signEnd(own, { ...end, endedAt: NOW - 60 }) }))
  await expect(sendSuspicion(early.leader, early.other.contact(), end, options())).rejects.toMatchObject(bad)
})

test('a monitor that never answers is left in the time that the leader gives, and stops computing', async () => {
  const stopped = Promise.withResolvers<void>()
  const { leader, other } = await setUp((_keys, signal) => {
    signal.addEventListener('abort', () => stopped.resolve())
    return new Promise(() => {})
  })
  const asked = sendProposal(leader, other.contact(), proposal, { timeoutMs: 1_000, signal: soon() })
  await expect(asked).rejects.toMatchObject({ code: 'timedOut' })
  await stopped.promise
})
