import { digestOf, fetchContent, parseCid } from '@tender/content'
import { askBlocks, askJobStatus, askStatus, askTaskLog } from '@tender/network'
import { checkResult, jobResultSchema } from '@tender/protocol'
import { acceptJob, findJobEvents, getBalance } from '@tender/sdk'
import { addProvider, startTestMarket } from '@tender/sdk/testMarket'
import { bytesToString, hexToString } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { providerConfigSchema } from '../config.ts'
import { askControl } from '../control.ts'
import { startProvider } from '../provider.ts'
import { silent } from '../testKit.ts'
import { createFakeTasks, temporaryDir } from './testJobs.ts'
import { keyOf, sellerConfig, soon, startTenant } from './testTenant.ts'

// A real market, real peers, real content; only the tasks' programs are played.

const patient = { timeout: 90_000, interval: 50 }

test('a job is bid on, run, submitted and paid; its agent sees each task and fetches the outputs', async () => {
  const market = await startTestMarket({ heartbeatSeconds: 1 })
  onTestFinished(market.stop)
  const { id } = await addProvider(market, { first: 2 })
  const tenant = await startTenant(market, { tasks: 5, atOnce: 2 })
  const { client, node, content, jobTerms } = tenant
  const failing = (task: number) => (task === 3 ? ({ kind: 'exited', code: 7 } as const) : undefined)
  const tasks = createFakeTasks(failing)
  const stateDir = temporaryDir()
  const config = providerConfigSchema.parse(sellerConfig(market, node, stateDir))
  const provider = await startProvider({ config, privateKey: keyOf(3), drivers: [tasks.driver], log: silent })
  onTestFinished(provider.stop)
  const { lease, terms, contact } = await tenant.order(provider.addresses())

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
      replicas: 1,
      index: terms.index,
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
