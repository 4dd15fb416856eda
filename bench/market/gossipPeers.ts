/**
 * Many peers in one process that do nothing but gossip, run by bench/market.ts. Each takes, checks and passes on what every peer of a market
 * does. Then others, each with an order of its own, join and publish it. Tells its parent what that took.
 */
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createNetworkNode, type NetworkNode } from '@tender/network'
import { briefHash, joinManifestHash, marketDomain, orderHash } from '@tender/protocol'
import { testBrief, testOrder } from '@tender/protocol/testOrder'
import { bytesToBigInt, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { between, type Moment, moment } from '../jobs/moment.ts'
import { common } from '../loopbackNode.ts'
import { inGroups } from './stage.ts'

/** Whom each peer dials: a few of those that were there before it, or the same few as everybody else. */
export type GossipStart = { peers: number; orders: number; dials: 'earlier peers' | 'the first three' }

export type GossipReading = {
  /** Of all peers and orders, those that met. */
  heardShare: number
  /** From an order's publication until a peer had checked it, each in milliseconds. */
  delaysMs: number[]
  /** Received for an order by a peer, beyond what it receives when nothing happens. */
  bytesPerOrder: number
  /** The same of the peer that sent most. */
  mostSentPerOrder: number
  /** Of this process, for an order and a peer, beyond what peers use when nothing happens. */
  cpuMsPerOrder: number
  memoryPerPeerBytes: number
}

const DIALS = { 'earlier peers': 4, 'the first three': 3 } as const
const STARTED_AT_ONCE = 16
/** Meshes have formed by then. */
const SETTLE_MS = 3_000
const IDLE_MS = 3_000
/** For a newcomer to be let in, where hundreds share one thread. */
const READY_MS = 300_000
/** Every peer has its say by then, also one that a neighbour only tells what there is. */
const HEARD_MS = 6_000

process.once('disconnect', () => process.exit())
process.once('message', async (message) => {
  // CAST: the parent sends exactly this
  process.send?.(await measure(message as GossipStart))
})

async function measure({ peers, orders, dials }: GossipStart): Promise<GossipReading> {
  const memoryBefore = process.memoryUsage.rss()
  const nodes = await startAll(peers, dials)
  await sleep(SETTLE_MS)
  const memoryPerPeerBytes = (process.memoryUsage.rss() - memoryBefore) / peers
  const publishers = await Promise.all(Array.from({ length: orders }, () => startPublisher(nodes)))
  await sleep(SETTLE_MS)

  const idle = await usedIn(nodes, () => sleep(IDLE_MS))
  const delaysMs: number[] = []
  const used = await usedIn(nodes, async () => {
    for (const publisher of publishers) delaysMs.push(...(await publishOne(publisher, nodes)))
  })
  const beyond = (of: (use: Used) => number) => Math.max(0, of(used) - (of(idle) / idle.wall) * used.wall) / orders
  return {
    heardShare: delaysMs.length / peers / orders,
    delaysMs,
    bytesPerOrder: beyond(({ received }) => received) / peers,
    mostSentPerOrder: beyond(({ mostSent }) => mostSent),
    cpuMsPerOrder: (beyond(({ cpu }) => cpu) / peers) * 1000,
    memoryPerPeerBytes,
  }
}

async function startAll(count: number, dials: GossipStart['dials']): Promise<NetworkNode[]> {
  const nodes: NetworkNode[] = []
  await inGroups(
    Array.from({ length: count }),
    async () => {
      const known = dials === 'earlier peers' ? [...nodes] : nodes.slice(0, DIALS[dials])
      const bootstrap = Array.from({ length: Math.min(DIALS[dials], known.length) }, () =>
        known.splice(dials === 'earlier peers' ? randomInt(known.length) : 0, 1),
      )
      nodes.push(await startNode(bootstrap.flat()))
    },
    { atOnce: STARTED_AT_ONCE, alone: DIALS['earlier peers'] },
  )
  return nodes
}

async function startNode(known: readonly NetworkNode[], privateKey = generatePrivateKey()): Promise<NetworkNode> {
  const bootstrap = known.flatMap((node) => node.addresses())
  const node = await createNetworkNode({ ...common, privateKey, listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap })
  await node.start()
  return node
}

/** As an order's agent joins: by the market's first peers. */
async function startPublisher(nodes: readonly NetworkNode[]): Promise<NetworkNode> {
  const node = await startNode(nodes.slice(0, DIALS['the first three']))
  await node.orders.ready({ signal: AbortSignal.timeout(READY_MS) })
  return node
}

/** Resolves once all have it, or most of the time that it may take is over. */
async function publishOne(publisher: NetworkNode, nodes: readonly NetworkNode[]): Promise<number[]> {
  const content = await signedOrder(publisher)
  const delays: number[] = []
  const all = Promise.withResolvers<void>()
  const started = performance.now()
  const stops = nodes.map((node) =>
    node.orders.listen(({ author }) => {
      if (author.address !== publisher.address) return
      delays.push(performance.now() - started)
      if (delays.length === nodes.length) all.resolve()
    }),
  )
  await publisher.orders.publish(content, AbortSignal.timeout(HEARD_MS))
  await Promise.race([all.promise, sleep(HEARD_MS)])
  for (const stop of stops) stop()
  return delays
}

async function signedOrder({ address }: NetworkNode) {
  const tenant = privateKeyToAccount(generatePrivateKey())
  const manifest = joinManifestHash(briefHash(testBrief), zeroHash)
  const nonce = bytesToBigInt(crypto.getRandomValues(new Uint8Array(32)))
  const order = testOrder({ tenant: tenant.address, agent: address, manifest, nonce, auctionEnd: 60, expiry: 120 })
  const signature = await tenant.sign({ hash: orderHash(marketDomain(common.market), order) })
  return { order, signature, brief: testBrief, privateHash: zeroHash }
}

type Used = { wall: number; cpu: number; received: number; mostSent: number }

async function usedIn(nodes: readonly NetworkNode[], act: () => Promise<unknown>): Promise<Used> {
  const before = nodes.map((node) => node.counts())
  const from: Moment = moment()
  await act()
  const { wall, own } = between(from, moment())
  const grown = nodes.map((node, index) => {
    const { receivedBytes, sentBytes } = node.counts()
    return {
      received: receivedBytes - (before[index]?.receivedBytes ?? 0),
      sent: sentBytes - (before[index]?.sentBytes ?? 0),
    }
  })
  const received = grown.reduce((sum, one) => sum + one.received, 0)
  return { wall, cpu: own, received, mostSent: Math.max(...grown.map(({ sent }) => sent)) }
}
