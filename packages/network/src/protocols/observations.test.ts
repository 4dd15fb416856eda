import {
  type BatchHeader,
  marketDomain,
  messageHash,
  NotFoundError,
  type Observation,
  type Probe,
} from '@tender/protocol'
import { type Hex, zeroAddress, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { market, NOW, soon, startNode } from '../testNetwork.ts'
import { askObservations, type LeaseObservations, serveObservations } from './observations.ts'

const lease: Hex = `0x${'71'.repeat(32)}`
const good: Probe = { at: NOW, kind: 'http', outcome: 'good', latencyMs: 12, detail: '' }
const probes: Probe[] = [
  good,
  { at: NOW + 9, kind: 'challenge', outcome: 'bad', latencyMs: 0, detail: 'no answer \u001b[31m' },
]
const observation: Observation = {
  lease,
  probes: 2,
  upBps: 5_000,
  latencyMs: 12,
  spreadMs: 0,
  challenges: 1,
  answered: 0,
  startedAt: 0,
  evidence: zeroHash,
}
const seen = { observation, probes }

async function batchOf(key: Hex, change: Partial<BatchHeader> = {}) {
  const account = privateKeyToAccount(key)
  const header = { reports: zeroAddress, era: 4n, monitor: account.address, digest: zeroHash, ...change }
  const signature = await account.sign({ hash: messageHash(marketDomain(market), 'BatchHeader', header) })
  return { header, signature, bytes: 1000 }
}

async function setUp(answer: (keys: { own: Hex; other: Hex }) => Promise<LeaseObservations>) {
  const [asker, monitor] = [await startNode(), await startNode()]
  await serveObservations(monitor, async () => answer({ own: monitor.privateKey, other: asker.privateKey }))
  return () => askObservations(asker, monitor.contact(), { lease, era: 4n }, soon())
}

test('anybody sees what a monitor saw of a lease, to the letter, under what it signed; or that it saw nothing', async () => {
  const ask = await setUp(async ({ own }) => ({ batch: await batchOf(own), seen }))
  expect((await ask()).seen).toEqual(seen)
  const nothing = await setUp(async ({ own }) => ({ batch: await batchOf(own) }))
  expect((await nothing()).seen).toBeUndefined()
  const most = await setUp(async ({ own }) => ({
    batch: await batchOf(own),
    seen: { observation, probes: Array.from({ length: 17_280 }, (_, index) => ({ ...good, at: index })) },
  }))
  expect((await most()).seen?.probes).toHaveLength(17_280)
})

test('what the monitor did not sign, or of another lease or era, is no answer', async () => {
  const bad = { code: 'badSignature' }
  await expect((await setUp(async ({ other }) => ({ batch: await batchOf(other), seen })))()).rejects.toMatchObject(bad)
  const forged = await setUp(async ({ own, other }) => {
    const monitor = privateKeyToAccount(own).address
    return { batch: await batchOf(other, { monitor }), seen }
  })
  await expect(forged()).rejects.toMatchObject(bad)
  const older = await setUp(async ({ own }) => ({ batch: await batchOf(own, { era: 3n }), seen }))
  await expect(older()).rejects.toMatchObject({ code: 'badFrame' })
  const other = { ...seen, observation: { ...observation, lease: zeroHash } }
  const elsewhere = await setUp(async ({ own }) => ({ batch: await batchOf(own), seen: other }))
  await expect(elsewhere()).rejects.toMatchObject({ code: 'badFrame' })
})

test('an era of which nothing is kept', async () => {
  const ask = await setUp(async () => {
    throw new NotFoundError('nothing is kept of era 4', { code: 'unknownEra' })
  })
  await expect(ask()).rejects.toMatchObject({ code: 'unknownEra' })
})
