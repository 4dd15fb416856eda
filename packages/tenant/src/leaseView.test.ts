import { reasonCodes } from '@tender/protocol'
import type { Lease } from '@tender/sdk'
import { zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import { type LeaseFacts, statusText, viewLease } from './leaseView.ts'

const asset = { address: zeroAddress, symbol: 'USDC', name: 'Test', decimals: 6 }
const terms = {
  order: zeroHash,
  offer: zeroHash,
  index: 0,
  tenant: zeroAddress,
  provider: 7n,
  payout: zeroAddress,
  asset: zeroAddress,
  resource: zeroHash,
  units: 2,
  rate: 3_600n,
  start: 1_000,
  latestEnd: 9_000,
  kind: 0,
  tier: 1,
  uptimeBps: 0,
  maxSilence: 0,
  minSeconds: 0,
  noticeSeconds: 0,
  startWindow: 60,
  jobTerms: zeroHash,
  verifier: zeroAddress,
}
const record: LeaseFacts['record'] = {
  version: 1,
  leaseId: zeroHash,
  name: 'web',
  terms,
  provider: { publicKey: '0x02', addresses: [] },
  url: 'http://a.localhost',
}
const lease: Lease = {
  leaseId: zeroHash,
  terms,
  status: 'running',
  end: 4_600,
  closedAt: undefined,
  stop: 4_600,
  secondsPaid: 100,
  settledUntil: 1_100,
  released: false,
  byTime: true,
  held: 3_500n,
  owed: 0n,
  timestamp: 1_200,
}
const facts: LeaseFacts = {
  record,
  asset,
  lease,
  endReason: undefined,
  workload: { phase: 'ready', revision: 0, stop: 4_600 },
  nowSeconds: 1_200,
}

test('a lease that runs costs by the second, by whichever clock is ahead', () => {
  expect(viewLease(facts)).toMatchObject({ status: 'running', cost: 200n, held: 3_500n, remainingSeconds: 3_400 })
  expect(viewLease({ ...facts, nowSeconds: 1_300 })).toMatchObject({ cost: 300n, remainingSeconds: 3_300 })
  expect(viewLease({ ...facts, nowSeconds: 900 })).toMatchObject({ cost: 200n })
})

test.each([
  ['waiting', 'undelivered'],
  ['starting', 'starting'],
  ['ready', 'running'],
  ['failed', 'failed'],
  ['ended', 'failed'],
  ['stopped', 'failed'],
] as const)('a workload that is %s is %s', (phase, status) => {
  expect(viewLease({ ...facts, workload: { phase, revision: 0, stop: 4_600 } }).status).toBe(status)
})

test('a provider that does not answer is not a lease that runs', () => {
  const view = viewLease({ ...facts, workload: { phase: 'silent', reason: 'cannot reach peer' } })
  expect(statusText(view)).toBe('its provider does not answer: cannot reach peer')
})

test('an end is told with its reason, and its cost stands still', () => {
  const closed = { ...lease, status: 'over', closedAt: 1_150, stop: 1_150, held: 50n } as const
  const settling = viewLease({ ...facts, lease: closed, endReason: reasonCodes.closedByTenant, nowSeconds: 5_000 })
  expect(settling).toMatchObject({ cost: 150n, remainingSeconds: 0, held: 50n })
  expect(statusText(settling)).toBe('over, being settled: closed by the tenant')

  const resolved = { ...closed, status: 'resolved', secondsPaid: 150, held: 0n } as const
  expect(viewLease({ ...facts, lease: resolved, endReason: reasonCodes.abandoned })).toMatchObject({
    status: 'ended',
    reason: 'abandoned by the provider',
    cost: 150n,
  })
  const lapsed = { ...lease, status: 'over', timestamp: 4_700 } as const
  expect(statusText(viewLease({ ...facts, lease: lapsed }))).toBe('over, being settled: its time is over')
})

test('a lease past its stop is over, although the chain has not moved since', () => {
  expect(viewLease({ ...facts, nowSeconds: 4_600 })).toMatchObject({ status: 'settling', cost: 3_600n })
})

test('a lease that another chain opened is unknown, and costs nothing', () => {
  expect(viewLease({ ...facts, lease: undefined })).toMatchObject({ status: 'unknown', cost: 0n, held: 0n })
})
