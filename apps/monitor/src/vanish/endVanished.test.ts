import { createLog } from '@tender/kit'
import { type LeaseEnd, tiers } from '@tender/protocol'
import { startTestMarket } from '@tender/sdk/testMarket'
import { type Hex, zeroAddress, zeroHash } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import type { LeaseHistory } from '../facts/eventBook.ts'
import { createEndVanished } from './endVanished.ts'

const id: Hex = `0x${'77'.repeat(32)}`
const NOW = 1_800_000_000

/** A monitor that finds a provider gone now, and saw the last sign of life at `seenAt`. */
async function startJudge(seenAt: number) {
  const market = await startTestMarket()
  onTestFinished(() => market.stop())
  const client = await market.client(1)
  const reports = client.book.contracts.eraReports
  const lease: LeaseHistory = {
    lease: id,
    terms: {
      ...{ order: zeroHash, offer: zeroHash, index: 0, tenant: zeroAddress, provider: 7n, payout: zeroAddress },
      ...{ asset: zeroAddress, resource: zeroHash, units: 1, rate: 3_600n, start: NOW - 7_200, latestEnd: NOW + 7_200 },
      ...{ kind: 0, tier: tiers.standard, uptimeBps: 9_900, maxSilence: 0, minSeconds: 0, noticeSeconds: 0 },
      ...{ startWindow: 60, jobTerms: zeroHash, verifier: reports },
    },
    opened: 1,
    ends: [{ block: 1, end: NOW + 7_200 }],
    closings: [],
    payments: [],
  }
  const { judge } = createEndVanished({
    client,
    me: zeroAddress,
    book: { lease: () => lease },
    chain: {
      members: () => [],
      monitors: () => [],
      next: () => ({ era: 1n, attempt: 0, after: 0, pendingUntil: 0, posted: [] }),
      nowSeconds: () => NOW,
    },
    peers: { suspect: () => Promise.reject(new Error('nobody is asked')) },
    parts: { put: async () => zeroHash },
    confirm: async () => ({ vanished: true }),
    sawAlive: (_lease, since) => seenAt >= since,
    log: createLog({ name: 'test', level: 'silent' }),
  })
  return (endedAt: number) => {
    const end: LeaseEnd = { reports, lease: id, endedAt, evidence: zeroHash }
    return judge(end, AbortSignal.timeout(60_000))
  }
}

test('a monitor signs that a provider vanished, and not that it did before the monitor still saw it', async () => {
  const judge = await startJudge(NOW - 60)
  expect(await judge(NOW - 59)).toMatchObject({ signature: expect.any(String) })
  // Clocks may differ by seconds.
  expect(await judge(NOW - 65)).toMatchObject({ signature: expect.any(String) })
  expect(await judge(NOW - 600)).toMatchObject({ refusal: { code: 'aliveSince' } })
})
