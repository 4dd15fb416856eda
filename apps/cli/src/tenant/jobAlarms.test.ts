import { zeroAddress, zeroHash } from 'viem'
import { expect, test } from 'vitest'
import type { JobView } from '../jobs/jobFacts.ts'
import { dueJobAlarms } from './jobAlarms.ts'

const asset = { address: zeroAddress, symbol: 'USDC', name: 'Test', decimals: 6 }
const stakeToken = { ...asset, symbol: 'TNDR', decimals: 18 }
const leaseId = `0xabcd${'0'.repeat(60)}` as const
const view: JobView = {
  order: zeroHash,
  leaseId,
  name: 'darts',
  provider: 3n,
  state: 'begun',
  challenged: false,
  deadline: 2_000,
  challengeUntil: undefined,
  verdictUntil: undefined,
  tasks: 8,
  done: undefined,
  failed: undefined,
  price: 8_000n,
  outcome: undefined,
  due: undefined,
  trouble: undefined,
  asset,
  stakeToken,
}

test('a job is told of when somebody is late with it and when it has ended, each once', () => {
  const calm = dueJobAlarms(view, 1_000, undefined)
  expect(calm).toEqual({ due: [], told: { end: 2_000, events: [] } })

  const late = dueJobAlarms({ ...view, due: 'expire' }, 2_000, calm.told)
  expect(late.due).toMatchObject([{ event: 'jobDue', lease: leaseId, end: 2_000, at: 2_000 }])
  expect(late.due[0]?.message).toMatch(
    /^darts \(lease 0xabcd0000\), which had to be delivered by .*: tender job cancel /,
  )
  expect(dueJobAlarms({ ...view, due: 'expire' }, 2_001, late.told).due).toEqual([])
  // Another thing that is late is told too.
  const again = dueJobAlarms({ ...view, state: 'drawn' }, 2_002, late.told)
  expect(dueJobAlarms({ ...view, state: 'drawn', due: 'redraw' }, 2_003, again.told).due).toHaveLength(1)

  const outcome = {
    ...{ leaseId, reason: 'the tenant cancelled it', price: 8_000n, paid: 0n, refunded: 8_000n },
    ...{ verifying: 0n, penalty: 0n },
  }
  const ended = dueJobAlarms({ ...view, state: 'ended', outcome }, 2_004, again.told)
  expect(ended.due.map(({ event, message }) => [event, message])).toEqual([
    ['ended', 'darts (lease 0xabcd0000) has ended: the tenant cancelled it: 0 USDC paid, 0.008 USDC back'],
  ])
  expect(dueJobAlarms({ ...view, state: 'ended', outcome }, 2_005, ended.told).due).toEqual([])
})
