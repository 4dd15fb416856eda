import { expect, test } from 'vitest'
import { type EscrowEvents, replay } from './replay.ts'

const address = (letter: string) => `0x${letter.repeat(40)}` as const
const [tenant, payout, rewards, jobs, orderBook, asset] = ['1', '2', '3', '4', '5', '6'].map(address)
const parties = { asset: asset ?? '0x', rewards: rewards ?? '0x', jobs: jobs ?? '0x', orderBook: orderBook ?? '0x' }
const lease = `0x${'7'.repeat(64)}` as const
const terms = { tenant, payout, provider: 1n, rate: 40_000n, start: 1_000 }

/** The first worked example of docs/money.md: ten hours are deposited, 3607 seconds used, the fee is 1 %. */
const closedByTime = [
  { eventName: 'Deposited', args: { account: tenant, asset, amount: 1_000_000n, from: tenant } },
  { eventName: 'LeaseOpened', args: { lease, tenant, provider: 1n, end: 37_000, terms } },
  { eventName: 'LeaseEnded', args: { lease, reason: 1, closedAt: 4_607, refunded: 359_922n, evidence: lease } },
  { eventName: 'LeaseSettled', args: { lease, secondsPaid: 3_607, paid: 39_677n, fee: 400n } },
  { eventName: 'LeaseResolved', args: { lease, refunded: 1n } },
]

test('follows the money of a lease from its deposit to the last unit', () => {
  // CAST: what of an event is not read is left out
  const { moved, leases } = replay(closedByTime as unknown as EscrowEvents, parties)
  expect(moved.get(tenant ?? '0x')).toEqual({ got: 1_359_923n, gave: 400_000n })
  expect(moved.get(payout ?? '0x')).toEqual({ got: 39_677n, gave: 0n })
  expect(moved.get(rewards ?? '0x')).toEqual({ got: 400n, gave: 0n })
  expect(leases).toMatchObject([{ deposited: 400_000n, paid: 39_677n, fees: 400n, refunded: 359_923n, due: 40_077n }])
})
