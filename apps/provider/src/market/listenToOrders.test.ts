import { createNetworkNode, type NetworkNode, type Received, serveBids, verifyKeySignature } from '@tender/network'
import {
  briefHash,
  joinManifestHash,
  marketDomain,
  type OrderAnswer,
  type OrderEnvelope,
  orderHash,
} from '@tender/protocol'
import { testBrief, testOrder } from '@tender/protocol/testOrder'
import { type Hex, numberToHex, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, onTestFinished, test } from 'vitest'
import { address, silent } from '../testKit.ts'
import { listenToOrders } from './listenToOrders.ts'

const market = { chainId: 31_337, orderBook: address(9) }
const soon = () => AbortSignal.timeout(60_000)

async function startNode(bootstrap: string[] = []): Promise<NetworkNode> {
  const node = await createNetworkNode({
    privateKey: generatePrivateKey(),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap,
    market,
    verifySignature: verifyKeySignature,
    providerOf: async () => 7n,
    nowSeconds: () => 1_000,
    log: () => {},
  })
  onTestFinished(() => node.stop())
  await node.start()
  return node
}

async function publishOrder(agent: NetworkNode): Promise<void> {
  const tenant = privateKeyToAccount(generatePrivateKey())
  const manifest = joinManifestHash(briefHash(testBrief), zeroHash)
  const parties = { tenant: tenant.address, agent: agent.address }
  const order = testOrder({ ...parties, manifest, auctionEnd: 1_060, expiry: 1_120 })
  const signature = await tenant.sign({ hash: orderHash(marketDomain(market), order) })
  await agent.orders.ready({ signal: soon() })
  await agent.orders.publish({ order, signature, brief: testBrief, privateHash: zeroHash }, soon())
}

test('an answer that the agent could not take comes again, and is decided once', async () => {
  const provider = await startNode()
  const agent = await startNode(provider.addresses())
  const answers: OrderAnswer[] = []
  const taken = Promise.withResolvers<void>()
  await serveBids(agent, async ({ answer }) => {
    answers.push(answer)
    if (answers.length < 3) throw new Error('too much at once')
    taken.resolve()
    return { accepted: true }
  })
  let decided = 0
  const stopping = new AbortController()
  listenToOrders({
    node: provider,
    provider: 7n,
    answerOrder: async (_id, { order }) => {
      decided++
      return {
        version: 1,
        order,
        decision: 'declined',
        reasons: [{ rule: 'units', message: 'no units are free' }],
        decidedAt: 1_000,
      }
    },
    nowSeconds: () => 1_000,
    log: silent,
    signal: stopping.signal,
  })
  await publishOrder(agent)
  await taken.promise
  stopping.abort()
  expect(new Set(answers.map((answer) => JSON.stringify(answer, (_, value) => value.toString()))).size).toBe(1)
  expect(decided).toBe(1)
})

test('of a burst of orders a few are considered at once, and the others in turn while their auctions last', async () => {
  const provider = await startNode()
  let deliver: ((received: Received<OrderEnvelope>) => void) | undefined
  const orders: NetworkNode['orders'] = {
    ...provider.orders,
    listen(listener) {
      deliver = listener
      return () => {}
    },
  }
  const begun: Hex[] = []
  const free: (() => void)[] = []
  let now = 1_000
  listenToOrders({
    node: { ...provider, orders },
    provider: 7n,
    answerOrder: async (id) => {
      begun.push(id)
      await new Promise<void>((resolve) => free.push(resolve))
      throw new Error('of no matter here')
    },
    nowSeconds: () => now,
    log: silent,
    signal: soon(),
  })
  const envelope = (auctionEnd: number): OrderEnvelope => ({
    type: 'order',
    order: testOrder({ auctionEnd }),
    signature: '0x',
    brief: testBrief,
    privateHash: zeroHash,
    publicKey: provider.publicKey,
    addresses: [],
  })
  const idOf = (index: number) => numberToHex(index, { size: 32 })
  const author = { address: provider.address, publicKey: provider.publicKey }
  // Every third one's auction is short.
  for (let index = 0; index < 400; index++)
    deliver?.({ id: idOf(index), envelope: envelope(index % 3 === 0 ? 1_005 : 1_060), author })
  expect(begun).toHaveLength(64)
  now = 1_010
  while (free.length > 0) {
    for (const finish of free.splice(0)) finish()
    await new Promise(setImmediate)
  }
  // 256 waited, the first of them begun first; what came after them was lost.
  const waited = Array.from({ length: 256 }, (_, index) => 64 + index)
  expect(begun.slice(64)).toEqual(waited.filter((index) => index % 3 !== 0).map(idOf))
})
