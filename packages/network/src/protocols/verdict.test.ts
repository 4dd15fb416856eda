import { marketDomain, messageHash, NotFoundError, type Verdict } from '@tender/protocol'
import { type Hex, zeroAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { market, soon, startNode } from '../testNetwork.ts'
import { askVerdict, type ReasonedVerdict, serveVerdicts } from './verdict.ts'

const lease: Hex = `0x${'71'.repeat(32)}`
const seed: Hex = `0x${'72'.repeat(32)}`
const jobs = zeroAddress
const reasons = {
  tasks: [
    { task: 3, same: true, detail: 'the output is the same' },
    { task: 14, same: false, detail: 'the output is another' },
  ],
  faults: [],
}

async function signed(key: Hex, change: Partial<Verdict> = {}): Promise<ReasonedVerdict> {
  const verdict = { jobs, lease, seed, passed: false, ...change }
  const signature = await privateKeyToAccount(key).sign({ hash: messageHash(marketDomain(market), 'Verdict', verdict) })
  return { ...reasons, passed: verdict.passed, signature }
}

async function setUp(answer: (own: Hex, other: Hex) => Promise<ReasonedVerdict>) {
  const [asker, monitor] = [await startNode(), await startNode()]
  const prepared = await answer(monitor.privateKey, asker.privateKey)
  await serveVerdicts(monitor, (asked) => {
    if (asked.lease !== lease || asked.seed !== seed)
      throw new NotFoundError('there is no such verdict here', { code: 'unknownVerdict' })
    return prepared
  })
  return (asked = { lease, seed }) => askVerdict(asker, monitor.contact(), { jobs, ...asked }, soon())
}

test('anybody gets a verdict with the reasons for it; one that is not there is refused by its name', async () => {
  const ask = await setUp((own) => signed(own))
  expect(await ask()).toMatchObject({ passed: false, ...reasons })
  await expect(ask({ lease, seed: lease })).rejects.toMatchObject({ code: 'unknownVerdict' })
})

test('a verdict of another key, on another job or draw, or turned round, is none', async () => {
  const bad = { code: 'badSignature' }
  for (const answer of [
    (_own: Hex, other: Hex) => signed(other),
    (own: Hex) => signed(own, { lease: seed }),
    (own: Hex) => signed(own, { seed: lease }),
    (own: Hex) => signed(own, { jobs: `0x${'11'.repeat(20)}` }),
    async (own: Hex) => ({ ...(await signed(own)), passed: true }),
  ]) {
    await expect((await setUp(answer))()).rejects.toMatchObject(bad)
  }
})
