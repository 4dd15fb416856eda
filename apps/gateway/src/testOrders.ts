import { peerIdOfPrivateKey, publicKeyOfPeer } from '@tender/network'
import {
  briefHash,
  joinManifestHash,
  marketDomain,
  type Order,
  type OrderEnvelope,
  orderHash,
  typedData,
} from '@tender/protocol'
import { testBrief } from '@tender/protocol/testOrder'
import { type MarketClient, signOrder } from '@tender/sdk'
import { orderOf, type TestMarket } from '@tender/sdk/testMarket'
import { type Address, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

let nonce = 0n

/** An order of {@link testBrief} for the next minute, each with a nonce of its own. */
export function newOrder(
  market: TestMarket,
  tenant: MarketClient,
  agent: Address,
  over: Partial<Order> = {},
): Promise<Order> {
  nonce += 1n
  const now = Math.floor(Date.now() / 1000)
  const manifest = joinManifestHash(briefHash(testBrief), zeroHash)
  return orderOf(market, tenant, { nonce, agent, manifest, auctionEnd: now + 60, expiry: now + 120, ...over })
}

/** A signed order whose agent lets others publish it, and says that it is found at `addresses`. */
export async function vouchedOrder(
  market: TestMarket,
  tenant: MarketClient,
  addresses: string[],
  over: Partial<Order> = {},
): Promise<OrderEnvelope> {
  const privateKey = generatePrivateKey()
  const agent = privateKeyToAccount(privateKey)
  const { order, signature } = await signOrder(tenant, { order: await newOrder(market, tenant, agent.address, over) })
  const domain = marketDomain({ chainId: market.book.chainId, orderBook: market.book.contracts.orderBook })
  const contact = { order: orderHash(domain, order), addresses }
  const vouch = await agent.signTypedData(typedData(domain, 'Contact', contact))
  const publicKey = publicKeyOfPeer(peerIdOfPrivateKey(privateKey))
  return { type: 'order', order, signature, brief: testBrief, privateHash: zeroHash, publicKey, addresses, vouch }
}
