import { generatePrivateKey } from 'viem/accounts'
import { createNetworkNode } from './hostPlatform.ts'

// Run by a test as a process of its own: two connected nodes, one with a stream that nobody ends and a place at the other as
// its relay, are stopped. Whatever
// they left running would keep the process alive.

const view = {
  verifySignature: async () => true,
  providerOf: async () => 1n,
  nowSeconds: () => 0,
  log: () => {},
}
const market = { chainId: 1, orderBook: '0x0000000000000000000000000000000000000001' } as const
const start = async (relays: readonly string[] = []) => {
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const options = { privateKey: generatePrivateKey(), listen, bootstrap: [], relays, relay: {}, market }
  const node = await createNetworkNode({ ...options, ...view })
  await node.handle('hang', { maxStreams: 1, rate: { perSecond: 1, burst: 1 } }, () => new Promise(() => {}))
  await node.start()
  return node
}
const b = await start()
const a = await start(b.addresses())
const placed = Promise.withResolvers<void>()
a.onRelayChange(placed.resolve)
await placed.promise
await a.open(b.contact(), 'hang', AbortSignal.timeout(5_000))
await a.orders.ready({ signal: AbortSignal.timeout(5_000) })
await Promise.all([a.stop(), b.stop()])
