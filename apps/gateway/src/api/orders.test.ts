import { createApiClient } from '@tender/api'
import { createLog } from '@tender/kit'
import { createNetworkNode, type NetworkNode } from '@tender/network'
import type { OrderEnvelope } from '@tender/protocol'
import type { MarketClient } from '@tender/sdk'
import { addTenant, startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOrderKeeper } from '../records/keepOrders.ts'
import { jsonOf } from '../records/plainJson.ts'
import { openStore, type Store } from '../store/openStore.ts'
import { startTestGatewayNetwork, type TestGatewayNetwork } from '../testGatewayNetwork.ts'
import { vouchedOrder } from '../testOrders.ts'
import { startsTestApis, type TestApi } from './testApi.ts'

const listen = ['/ip4/127.0.0.1/tcp/0']
const soon = () => AbortSignal.timeout(60_000)
const stopping = new AbortController()

let market: TestMarket
let tenant: MarketClient
let store: Store
let gateway: TestGatewayNetwork
let keeping: Promise<void>
let peer: NetworkNode
let api: TestApi
const heard: OrderEnvelope[] = []
const start = startsTestApis(() => market)

beforeAll(async () => {
  const log = () => {}
  market = await startTestMarket()
  tenant = await addTenant(market, { account: 1, amount: 10_000_000n })
  store = await openStore()
  const keeper = createOrderKeeper(store, createLog({ name: 'test', level: 'silent' }))
  keeping = keeper.run(stopping.signal)
  gateway = await startTestGatewayNetwork({
    ...{ market: tenant, privateKey: generatePrivateKey(), network: { listen, bootstrap: [], announce: [] } },
    ...{ onOrder: keeper.seen, onAvailability() {}, log },
  })
  api = await start(store, { network: gateway.network })
  peer = await createNetworkNode({
    ...{ privateKey: generatePrivateKey(), listen, bootstrap: gateway.network.addresses() },
    market: { chainId: market.book.chainId, orderBook: market.book.contracts.orderBook },
    verifySignature: ({ signer, digest, signature }) =>
      tenant.rpc.verifyHash({ address: signer, hash: digest, signature }),
    providerOf: async () => undefined,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    log,
  })
  peer.orders.listen(({ envelope }) => heard.push(envelope))
  await peer.start()
  await peer.orders.ready({ signal: soon() })
})
afterAll(async () => {
  stopping.abort()
  await keeping
  await peer.stop()
  await gateway.stop()
  await store.close()
  await market.stop()
})

const post = (body: object) => api.post('/v1/orders', jsonOf(body))

test('an order that is posted reaches peers as it was signed, is listed, and is not taken twice', async () => {
  const envelope = await vouchedOrder(market, tenant, ['/ip4/203.0.113.7/tcp/4100'])
  const client = createApiClient({ baseUrl: api.url })
  const posted = await post(envelope)
  const { hash, peers } = await posted.json()
  expect([posted.status, peers]).toEqual([200, 1])
  await expect.poll(() => heard, { timeout: 30_000 }).toEqual([envelope])
  await expect.poll(async () => (await client.listOrders({})).items.map((order) => order.hash)).toEqual([hash])
  const again = await post(envelope)
  expect(await again.json()).toMatchObject({ code: 'repeated', errors: [{ path: 'body.order' }] })
})

test('one that was tampered with reaches nobody, and the answer names what is wrong', async () => {
  heard.length = 0
  const good = await vouchedOrder(market, tenant, [])
  const { order, brief } = good
  const other = await vouchedOrder(market, tenant, [])
  const past = Math.floor(Date.now() / 1000) - 1
  const tampered: [OrderEnvelope | object, string, string][] = [
    [{ ...good, order: { ...order, maxPrice: order.maxPrice + 1n } }, 'notAuthor', 'body.vouch'],
    [{ ...good, addresses: ['/ip4/203.0.113.9/tcp/4100'] }, 'notAuthor', 'body.vouch'],
    [{ ...good, signature: other.signature }, 'badSignature', 'body.signature'],
    [{ ...good, brief: { ...brief, cpuMillis: 400 } }, 'briefMismatch', 'body.brief'],
    [{ ...good, order: { ...order, units: 1.5 } }, 'invalidInput', 'body.order.units'],
    [{ ...good, extra: 1 }, 'invalidInput', 'body.extra'],
    [await vouchedOrder(market, tenant, [], { auctionEnd: past }), 'expired', 'body.order.auctionEnd'],
  ]
  for (const [body, code, path] of tampered) {
    const response = await post(body)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect([response.status, await response.json()]).toMatchObject([400, { code, errors: [{ path }] }])
  }
  expect((await post(good)).status).toBe(200)
  await expect.poll(() => heard, { timeout: 30_000 }).toEqual([good])
})
