import { generatePrivateKey } from 'viem/accounts'
import { createNetworkNode } from './node.ts'

// Run by a test as a process of its own: two connected nodes, one with a stream that nobody ends, are stopped. Whatever
// they left running would keep the process alive.

const view = {
  verifySignature: async () => true,
  providerOf: async () => undefined,
  nowSeconds: () => 0,
  log: () => {},
}
const market = { chainId: 1, orderBook: '0x0000000000000000000000000000000000000001' } as const
const start = async () => {
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const node = await createNetworkNode({ privateKey: generatePrivateKey(), listen, bootstrap: [], market, ...view })
  await node.handle('hang', { maxStreams: 1, rate: { perSecond: 1, burst: 1 } }, () => new Promise(() => {}))
  await node.start()
  return node
}
const [a, b] = [await start(), await start()]
await a.open(b.contact(), 'hang', AbortSignal.timeout(5_000))
await a.orders.ready({ signal: AbortSignal.timeout(5_000) })
await Promise.all([a.stop(), b.stop()])
