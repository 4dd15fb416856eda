import { createNetworkNode, type LeaseBook, type NetworkNode, verifyKeySignature } from '@tender/network'
import { type Dialable, manifestHash } from '@tender/protocol'
import { findProvider, type MarketClient } from '@tender/sdk'
import type { TenantLease } from '@tender/tenant'
import type { Hex } from 'viem'
import { generatePrivateKey } from 'viem/accounts'
import { marketDirectory } from './home/home.ts'
import { openTenantRecords } from './tenant/fileRecords.ts'

// A peer in the place of a lease's provider, for commands whose other side a test scripts itself.

export type TestProvider = {
  node: NetworkNode
  /** To be spread into what `serve…` functions take. */
  book: LeaseBook
  lease: TenantLease
  contact(): Dialable
}

/** Starts a peer that serves a lease of this home's records in its provider's stead. */
export async function takeProvidersPlace(
  { home, market, leaseId }: { home: string; market: MarketClient; leaseId: string },
  { privateKey = generatePrivateKey(), listen = '/ip4/127.0.0.1/tcp/0', bootstrap = [] as string[] } = {},
): Promise<TestProvider> {
  const records = await openTenantRecords(marketDirectory(home, 'dev'))
  const lease = await records.leases.find(leaseId)
  const order = await records.orders.get(lease.terms.order)
  if (!order) throw new Error('the order is not recorded')
  const { chainId, contracts } = market.book
  const node = await createNetworkNode({
    privateKey,
    listen: [listen],
    bootstrap,
    market: { chainId, orderBook: contracts.orderBook },
    verifySignature: verifyKeySignature,
    providerOf: async (operator) => (await findProvider(market, { operator }))?.id,
    nowSeconds: () => Math.floor(Date.now() / 1000),
    log: () => {},
  })
  const found = { tenant: order.order.tenant, agent: order.order.agent, manifest: manifestHash(order.manifest) }
  const book: LeaseBook = { find: async (id: Hex) => (id === lease.leaseId ? found : undefined), async remember() {} }
  await node.start()
  const { publicKey, addresses } = node.contact()
  await records.leases.put(lease.leaseId, { ...lease, provider: { publicKey, addresses: [...addresses] } })
  return { node, book, lease, contact: () => node.contact() }
}
