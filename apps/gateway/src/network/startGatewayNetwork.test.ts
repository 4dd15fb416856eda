import { createNetworkNode, type NetworkNode } from '@tender/network'
import { createBrowserNode, reachable } from '@tender/network/browser'
import { countryId, type OrderEnvelope } from '@tender/protocol'
import { testBrief } from '@tender/protocol/testOrder'
import { findProvider, type MarketClient, signOrder } from '@tender/sdk'
import {
  addProvider,
  addTenant,
  startTestMarket,
  type TestMarket,
  type TestProvider,
  testAccount,
} from '@tender/sdk/testMarket'
import { bytesToHex, type Hex, zeroHash } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startTestGatewayNetwork } from '../testGatewayNetwork.ts'
import { newOrder, vouchedOrder } from '../testOrders.ts'
import type { SeenAvailability, SeenOrder } from './gatewayNetwork.ts'

const soon = () => AbortSignal.timeout(60_000)
const now = () => Math.floor(Date.now() / 1000)

let market: TestMarket
let tenant: MarketClient
let provider: TestProvider
let operatorKey: Hex
beforeAll(async () => {
  market = await startTestMarket()
  tenant = await addTenant(market, { account: 1, amount: 10_000_000n })
  provider = await addProvider(market, { first: 2 })
  const key = testAccount(3).getHdKey().privateKey
  if (!key) throw new Error('no key')
  operatorKey = bytesToHex(key)
})
afterAll(() => market.stop())

async function startGateway() {
  const orders: SeenOrder[] = []
  const availabilities: SeenAvailability[] = []
  const gateway = await startTestGatewayNetwork({
    market: tenant,
    privateKey: generatePrivateKey(),
    network: { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [], announce: [] },
    onOrder: (order) => orders.push(order),
    onAvailability: (availability) => availabilities.push(availability),
    log() {},
  })
  onTestFinished(() => gateway.stop())
  return { ...gateway, orders, availabilities }
}

const view = () => ({
  market: { chainId: market.book.chainId, orderBook: market.book.contracts.orderBook },
  verifySignature: async () => true,
  providerOf: async (operator: Hex) => (await findProvider(tenant, { operator }))?.id,
  nowSeconds: now,
  log() {},
})

async function started(node: NetworkNode): Promise<NetworkNode> {
  onTestFinished(() => node.stop())
  await node.start()
  return node
}

/** A peer that is connected to the gateway, with gossip flowing. */
async function startPeer(gateway: Awaited<ReturnType<typeof startGateway>>, privateKey = generatePrivateKey()) {
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const bootstrap = gateway.network.addresses()
  const node = await started(await createNetworkNode({ ...view(), privateKey, listen, bootstrap }))
  await node.orders.ready({ signal: soon() })
  return node
}

async function startPage({ network, pipeUrl }: Awaited<ReturnType<typeof startGateway>>) {
  const gateway = { publicKey: network.publicKey, addresses: network.addresses() }
  const privateKey = generatePrivateKey()
  return started(await createBrowserNode({ ...view(), privateKey, gateway, pipeUrl }))
}

async function announce(node: NetworkNode): Promise<void> {
  const availability = {
    provider: provider.id,
    issuedAt: now(),
    expiry: now() + 60,
    country: countryId('DE'),
    drivers: ['wasm'],
    resources: [],
  }
  await node.availability.publish({ availability }, soon())
}

test('pages reach providers that said where they are, nobody else, and are reached by them', async () => {
  const gateway = await startGateway()
  const [node, stranger] = [await startPeer(gateway, operatorKey), await startPeer(gateway)]
  const page = await startPage(gateway)
  await reachable(page, soon())
  await expect(page.dial(node.contact(), soon())).rejects.toMatchObject({ code: 'peerUnreachable' })

  await announce(node)
  await expect.poll(() => gateway.availabilities).toHaveLength(1)
  expect(gateway.network.contactOf(provider.id)).toEqual(node.contact())
  expect(gateway.network.contactOf(provider.id + 1n)).toBeUndefined()
  expect(gateway.network.availability()).toMatchObject([{ provider: provider.id }])
  await page.dial(node.contact(), soon())
  expect(page.connectionTo(node.publicKey)).toBe('direct')
  await expect(page.dial(stranger.contact(), soon())).rejects.toMatchObject({ code: 'peerUnreachable' })
  expect(gateway.network.pipeUse()).toMatchObject({ open: 2, refused: { unknownPeer: 2 } })

  await stranger.dial(page.contact(), soon())
  expect(stranger.connectionTo(page.publicKey)).toBe('relayed')
})

test('orders are heard, whoever publishes them', async () => {
  const gateway = await startGateway()
  const [peer, page] = [await startPeer(gateway), await startPage(gateway)]
  await page.orders.ready({ signal: soon() })
  const { order, hash, signature } = await signOrder(tenant, { order: await newOrder(market, tenant, page.address) })
  await page.orders.publish({ order, signature, brief: testBrief, privateHash: zeroHash }, soon())
  await expect.poll(() => gateway.orders).toMatchObject([{ hash, expiry: order.expiry, auctionEnd: order.auctionEnd }])

  const heard: OrderEnvelope[] = []
  peer.orders.listen(({ envelope }) => heard.push(envelope))
  const envelope = await vouchedOrder(market, tenant, ['/ip4/127.0.0.1/tcp/4100'])
  const published = await gateway.network.publishOrder(envelope, soon())
  expect(published.peers).toBeGreaterThan(0)
  // It may hear the page's order only now, too.
  await expect.poll(() => heard).toContainEqual(envelope)
  expect(gateway.orders.map((one) => one.hash)).toEqual([hash, published.hash])

  const elsewhere = { ...(await vouchedOrder(market, tenant, [])), addresses: ['/ip4/127.0.0.1/tcp/1'] }
  await expect(gateway.network.publishOrder(elsewhere, soon())).rejects.toMatchObject({ code: 'notAuthor' })
  await expect(gateway.network.publishOrder(envelope, soon())).rejects.toMatchObject({ code: 'repeated' })
})

test('an era without a report is unknown', async () => {
  const { network } = await startGateway()
  await expect(network.eraData(1n, soon())).rejects.toMatchObject({ code: 'unknownEra' })
  await expect(network.proofs(1n, { provider: provider.id }, soon())).rejects.toMatchObject({ code: 'unknownEra' })
})
