import { askJobStatus, type JobStatus, sendManifest, serveBids, serveBlocks } from '@tender/network'
import { startNode, type TestNode } from '@tender/network/testNetwork'
import {
  type Dialable,
  jobTermsHash,
  kinds,
  manifestHash,
  marketDomain,
  type Offer,
  privateHash,
  type Terms,
} from '@tender/protocol'
import { findProvider, getChainTime, matchOrder, signOrder } from '@tender/sdk'
import { addTenant, orderOf, type TestMarket, testAccount } from '@tender/sdk/testMarket'
import { type Hex, toHex } from 'viem'
import { expect } from 'vitest'
import type { ProviderConfigFile } from '../config.ts'
import { compressedKeyOf } from '../testKeys.ts'
import { type JobOptions, makeJob, openTestContent } from './testJobs.ts'

// A tenant on a real market, with a real peer, who wants one job done; its provider's operator is account 3.

export const soon = () => AbortSignal.timeout(90_000)
export const keyOf = (account: number) => toHex(testAccount(account).getHdKey().privateKey ?? expect.fail())
const TENANT = 6
const OPERATOR = 3

/** A tenant whose peer gives the bundle and takes bids. */
export async function startTenant(market: TestMarket, asked: JobOptions) {
  const client = await addTenant(market, { account: TENANT, amount: 1_000_000n })
  const bid = Promise.withResolvers<{ offer: Offer; signature: Hex }>()
  const node = await startNode({
    privateKey: keyOf(TENANT),
    market: { chainId: market.book.chainId, orderBook: market.book.contracts.orderBook },
    providerOf: async (operator) => (await findProvider(client, { operator }))?.id,
    nowSeconds: () => Math.floor(Date.now() / 1_000),
  })
  await serveBids(node, async ({ answer }) => {
    if (answer.type === 'bid') bid.resolve(answer)
    else bid.reject(new Error(JSON.stringify(answer.reasons)))
    return { accepted: true }
  })
  const content = openTestContent()
  await serveBlocks(node, content)
  const { manifest, jobTerms } = await makeJob(content, { ...asked, over: { deadlineSeconds: 7_200, ...asked.over } })

  /** Orders from the provider that runs, and hands it the manifest. */
  async function order(addresses: readonly string[]): Promise<{ lease: Hex; terms: Terms; contact: Dialable }> {
    await node.orders.ready({ signal: soon() })
    const { timestamp } = await getChainTime(client)
    const order = await orderOf(market, client, {
      auctionEnd: timestamp + 300,
      kind: kinds.job,
      verifier: market.book.contracts.jobs,
      manifest: manifestHash(manifest),
      jobTerms: jobTermsHash(marketDomain(node.market), jobTerms),
    })
    const { signature } = await signOrder(client, { order })
    await node.orders.publish({ order, signature, brief: manifest.brief, privateHash: privateHash(manifest) }, soon())
    const { leases } = await matchOrder(client, { order, offers: [await bid.promise] })
    const { leaseId: lease, terms } = leases[0] ?? expect.fail('no lease')
    const contact = contactAt(addresses)
    // Its files are in its bundle.
    await sendManifest(node, contact, { lease, manifest, readBlob: () => expect.fail('a file was asked for') }, soon())
    return { lease, terms, contact }
  }
  return { client, node, content, manifest, jobTerms, order }
}

/** The provider, at these addresses. */
export function contactAt(addresses: readonly string[]): Dialable {
  return { publicKey: compressedKeyOf(testAccount(OPERATOR)), addresses }
}

/** The configuration of a provider that is to hear of the tenant's order. */
export function sellerConfig(market: TestMarket, tenant: TestNode, stateDir: string): ProviderConfigFile {
  return {
    stateDir,
    rpcUrl: market.chain.url,
    book: market.book,
    network: { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: tenant.addresses() },
    ingress: { port: 0 },
    sales: { cu: { pricing: { strategy: 'fixed', price: '10000' } } },
    jobs: { progressEveryTasks: 2 },
  }
}

/** Everything that a provider says of a job, all records included. */
export async function wholeStatus(node: TestNode, provider: Dialable, lease: Hex): Promise<JobStatus> {
  return askJobStatus(node, provider, { lease, from: 0 }, soon())
}
