import { type BatchHeader, marketDomain, messageHash } from '@tender/protocol'
import { type Hex, zeroAddress, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { market, soon, startNode, type TestNode } from '../testNetwork.ts'
import { type SignedBatchHeader, sendBatchHeader, serveBatchHeaders } from './batches.ts'

async function signedBy(key: Hex, change: Partial<BatchHeader> = {}): Promise<SignedBatchHeader> {
  const account = privateKeyToAccount(key)
  const header = { reports: zeroAddress, era: 7n, monitor: account.address, digest: zeroHash, ...change }
  const signature = await account.sign({ hash: messageHash(marketDomain(market), 'BatchHeader', header) })
  return { header, signature, bytes: 1234 }
}

async function setUp() {
  // Of an account with code a chain may say that it signed anything.
  const gullible = { verifySignature: async () => true }
  const nodes = [await startNode(), await startNode(), await startNode(gullible), await startNode()] as const
  const [one, two, three, stranger] = nodes
  const kept: { header: SignedBatchHeader; by: string }[] = []
  await serveBatchHeaders(three, {
    isMonitor: async (address) => address !== stranger.address,
    keep: async (header, caller) => void kept.push({ header, by: caller.address }),
  })
  const send = (from: TestNode, header: SignedBatchHeader) => sendBatchHeader(from, three.contact(), header, soon())
  return { one, two, stranger, kept, send }
}

test("a monitor's header arrives from itself, and from another that passes it on", async () => {
  const { one, two, kept, send } = await setUp()
  const header = await signedBy(one.privateKey)
  await send(one, header)
  await send(two, header)
  expect(kept).toEqual([
    { header, by: one.address },
    { header, by: two.address },
  ])
})

test('nothing is kept of who is no monitor, of what its monitor did not sign, of what is too large', async () => {
  const { one, two, stranger, kept, send } = await setUp()
  const header = await signedBy(one.privateKey)
  await expect(send(stranger, header)).rejects.toMatchObject({ code: 'notMonitor' })
  await expect(send(one, await signedBy(stranger.privateKey))).rejects.toMatchObject({ code: 'notMonitor' })
  const forged = await signedBy(two.privateKey, { monitor: one.address })
  await expect(send(two, forged)).rejects.toMatchObject({ code: 'badSignature' })
  const changed = { ...header, header: { ...header.header, era: 8n } }
  await expect(send(one, changed)).rejects.toMatchObject({ code: 'badSignature' })
  await expect(send(one, { ...header, bytes: 2 ** 30 })).rejects.toThrow()
  expect(kept).toEqual([])
})
