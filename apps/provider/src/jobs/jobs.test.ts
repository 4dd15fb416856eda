import { digestOf, fetchContent, parseCid } from '@tender/content'
import {
  askBlocks,
  askJobStatus,
  askStatus,
  askTaskLog,
  type NetworkNode,
  sendManifest,
  serveBids,
  serveBlocks,
} from '@tender/network'
import { startNode } from '@tender/network/testNetwork'
import {
  checkResult,
  jobResultSchema,
  jobTermsHash,
  kinds,
  manifestHash,
  marketDomain,
  type Offer,
  privateHash,
  type Terms,
} from '@tender/protocol'
import { acceptJob, findJobEvents, findProvider, getBalance, matchOrder, signOrder } from '@tender/sdk'
import { addProvider, addTenant, orderOf, startTestMarket, type TestMarket, testAccount } from '@tender/sdk/testMarket'
import { bytesToString, type Hex, hexToString, toHex } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { providerConfigSchema } from '../config.ts'
import { askControl } from '../control.ts'
import { startProvider } from '../provider.ts'
import { compressedKeyOf } from '../testKeys.ts'
import { silent } from '../testKit.ts'
import { createFakeTasks, makeJob, openTestContent, temporaryDir } from './testJobs.ts'

// A real market, real peers, real content; only the tasks' programs are played.

const keyOf = (account: number) => toHex(testAccount(account).getHdKey().privateKey ?? expect.fail())
const soon = () => AbortSignal.timeout(90_000)
const TENANT = 6
const patient = { timeout: 90_000, interval: 50 }

/** A tenant's peer, which takes bids. */
async function startTenant(market: TestMarket) {
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
  return { client, node, bid: bid.promise }
}

async function startSeller(
  market: TestMarket,
  tenant: NetworkNode,
  stateDir: string,
  drivers: ReturnType<typeof createFakeTasks>[],
) {
  const config = providerConfigSchema.parse({
    stateDir,
    rpcUrl: market.chain.url,
    book: market.book,
    network: { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: tenant.addresses() },
    ingress: { port: 0 },
    sales: { cu: { pricing: { strategy: 'fixed', price: '10000' } } },
    jobs: { progressEveryTasks: 2 },
  })
  const all = drivers.map(({ driver }) => driver)
  const provider = await startProvider({ config, privateKey: keyOf(3), drivers: all, log: silent })
  onTestFinished(provider.stop)
  return provider
}

test('a job is bid on, run, submitted and paid; its agent sees each task and fetches the outputs', async () => {
  const market = await startTestMarket({ heartbeatSeconds: 1 })
  onTestFinished(market.stop)
  const { id } = await addProvider(market, { first: 2 })
  const { client, node, bid } = await startTenant(market)
  const content = openTestContent()
  await serveBlocks(node, content)
  const { manifest, jobTerms } = await makeJob(content, { tasks: 5, atOnce: 2, over: { deadlineSeconds: 7_200 } })
  const domain = marketDomain(node.market)
  const order = await orderOf(market, client, {
    kind: kinds.job,
    verifier: market.book.contracts.jobs,
    manifest: manifestHash(manifest),
    jobTerms: jobTermsHash(domain, jobTerms),
  })
  const failing = (task: number) => (task === 3 ? ({ kind: 'exited', code: 7 } as const) : undefined)
  const tasks = createFakeTasks(failing)
  const stateDir = temporaryDir()
  const provider = await startSeller(market, node, stateDir, [tasks])

  const { signature } = await signOrder(client, { order })
  await node.orders.ready({ signal: soon() })
  await node.orders.publish({ order, signature, brief: manifest.brief, privateHash: privateHash(manifest) }, soon())
  const { leases } = await matchOrder(client, { order, offers: [await bid] })
  const { leaseId: lease, terms } = leases[0] ?? expect.fail('no lease')
  const contact = { publicKey: compressedKeyOf(testAccount(3)), addresses: provider.addresses() }
  // Its files are in its bundle.
  await sendManifest(node, contact, { lease, manifest, readBlob: () => expect.fail('a file was asked for') }, soon())

  const ask = (from = 0) => askJobStatus(node, contact, { lease, from }, soon())
  await expect.poll(async () => (await ask()).phase, patient).toMatch(/submitted|drawn/)
  const status = await ask()
  expect(status).toMatchObject({ tasks: 5, done: 5, failed: 1, running: [] })
  expect((await ask(3)).records).toEqual(status.records.slice(3))
  expect(await askTaskLog(node, contact, { lease, task: 3 }, soon())).toMatchObject({
    end: 'exited with code 7',
    lines: [{ text: 'task 3' }],
  })
  expect((await askStatus(node, contact, { lease }, soon())).phase).toBe('ended')
  const { jobs } = JSON.parse(await askControl(stateDir))
  expect(jobs).toMatchObject([{ leaseId: lease, tasks: 5, done: 5, failed: 1, running: 0, earned: '0' }])
  expect(await provider.metrics.text()).toMatch(/tender_provider_tasks_total\{.*outcome="failed".*\} 1/)

  await checkOnChain()
  const before = await getBalance(client, { account: terms.payout, asset: market.dollar })
  await acceptJob(client, { lease: terms, jobTerms })
  const after = await getBalance(client, { account: terms.payout, asset: market.dollar })
  expect(after.deposited).toBeGreaterThan(before.deposited)
  await expect.poll(async () => (await ask()).phase, patient).toBe('ended')
  await expect
    .poll(() => provider.metrics.text(), patient)
    .toMatch(/tender_provider_settled_tokens_total\{.*symbol="USDC".*\} 0\.01/)

  /** What stands on the chain is what was fetched, and validators find nothing wrong with it. */
  async function checkOnChain(): Promise<void> {
    const events = await findJobEvents(client, { lease })
    const begun = events.find(({ type }) => type === 'JobBegun') ?? expect.fail()
    const submitted = events.find((event) => event.type === 'JobSubmitted') ?? expect.fail()
    const root = parseCid(hexToString(submitted.args.cid))
    const source = {
      blocks: (cids: readonly Uint8Array[], signal: AbortSignal) => askBlocks(node, contact, cids, signal),
    }
    await fetchContent({ cid: root, store: content, source, limits: { bytes: 1e6, blocks: 100 }, signal: soon() })
    const file = (await content.find(root, 'result.json')) ?? expect.fail()
    const text = bytesToString(await content.readBytes(file, { bytes: 1e6 }, soon()))
    const result = jobResultSchema.parse(JSON.parse(text))
    const blocks = result.records.map(async ({ block }) => {
      const { hash } = await client.rpc.getBlock({ blockNumber: BigInt(block) })
      return [block, hash] as const
    })
    const faults = checkResult(result, {
      lease,
      provider: id,
      terms: jobTerms,
      replicas: order.replicas,
      index: indexOf(terms),
      outputBytes: 1_000,
      root: submitted.args.resultRoot,
      begunBlock: begun.block,
      submittedBlock: submitted.block,
      blockHashes: new Map(await Promise.all(blocks)),
      progress: events.flatMap((event) => (event.type === 'JobProgressed' ? [event.args.root] : [])),
    })
    expect(faults).toEqual([])
    const output = (await content.find(root, 'outputs/2')) ?? expect.fail()
    expect(digestOf(output)).toBe(result.records.find(({ task }) => task === 2)?.output)
    const number = (await content.find(output, 'number')) ?? expect.fail()
    expect(bytesToString(await content.readBytes(number, { bytes: 10 }, soon()))).toBe('2')
  }
})

const indexOf = ({ index }: Terms) => index
