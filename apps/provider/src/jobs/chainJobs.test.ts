import { createBlockMeter } from '@tender/content'
import { serveVerdicts } from '@tender/network'
import { startNode } from '@tender/network/testNetwork'
import { type JobTerms, jobTermsHash, kinds, marketDomain } from '@tender/protocol'
import { getJob, matchOrder, setMonitorContact, signOrder, signVerdict } from '@tender/sdk'
import { addProvider, addTenant, orderOf, startTestMarket, testAccount } from '@tender/sdk/testMarket'
import { joinTestMonitor } from '@tender/sdk/testReports'
import { toHex } from 'viem'
import { expect, onTestFinished, test } from 'vitest'
import { bytes32 } from '../testKit.ts'
import { chainJobs } from './chainJobs.ts'
import { createJobPeers } from './jobPeers.ts'

// The real chain and real monitors' peers.

const keyOf = (account: number) => toHex(testAccount(account).getHdKey().privateKey ?? expect.fail())
const soon = () => AbortSignal.timeout(90_000)
const jobTerms: JobTerms = {
  tasks: 3,
  sample: 1,
  validators: 2,
  comparator: bytes32(0),
  deadlineSeconds: 7_200,
  cancelFee: 0n,
  verifyFee: 300n,
  inputs: bytes32(5),
}

test('a job goes its way on the chain, and its provider brings the verdict there if no validator does', async () => {
  const market = await startTestMarket()
  onTestFinished(market.stop)
  const { operator, bid } = await addProvider(market, { first: 2 })
  const tenant = await addTenant(market, { account: 1, amount: 1_000_000n })
  const place = { chainId: market.book.chainId, orderBook: market.book.contracts.orderBook }
  for (const account of [7, 8]) {
    const client = await market.client(account)
    await joinTestMonitor(client, market.governor)
    const peer = await startNode({ privateKey: keyOf(account), market: place })
    await setMonitorContact(client, peer.contact())
    await serveVerdicts(
      peer,
      ({ lease, seed }) => verdicts.get(`${account} ${lease} ${seed}`) ?? expect.fail('not signed'),
    )
  }
  const verdicts = new Map<string, { passed: boolean; signature: `0x${string}`; tasks: []; faults: [] }>()

  const order = await orderOf(market, tenant, {
    kind: kinds.job,
    verifier: market.book.contracts.jobs,
    jobTerms: jobTermsHash(marketDomain(place), jobTerms),
  })
  const { hash } = await signOrder(tenant, { order })
  const { leases } = await matchOrder(tenant, { order, offers: [await bid(hash)] })
  const { leaseId: lease, terms } = leases[0] ?? expect.fail('no lease')
  const [jobs, job] = [chainJobs(operator), { terms, jobTerms }]
  const view = async () => (await jobs.view(terms, undefined, soon())) ?? expect.fail('no job')

  expect(await jobs.view({ ...terms, index: 9 }, undefined, soon())).toBeUndefined()
  expect(await view()).toMatchObject({ state: 'opened', begun: undefined })
  await jobs.begin(job, soon())
  const { begun = expect.fail('not begun'), block } = await view()
  expect(begun.block).toBe(block)
  expect(await jobs.recentBlock(begun, soon())).toEqual(begun)
  await market.cheat('anvil_mine', ['0x14'])
  const recent = await jobs.recentBlock(begun, soon())
  expect(recent.block).toBe(block + 12)
  expect(recent.blockHash).toBe((await operator.rpc.getBlock({ blockNumber: BigInt(recent.block) })).hash)

  await jobs.progress(job, bytes32(1), soon())
  await jobs.submit(job, { root: bytes32(2), cid: 'bafy' }, soon())
  await market.cheat('anvil_mine', ['0x12c'])
  await jobs.reanchor(job, soon())
  await market.cheat('anvil_mine', ['0x3'])
  await jobs.draw(job, soon())
  const { state, commitment: seed, challengeUntil = 0, since } = await view()
  expect(state).toBe('drawn')

  const node = await startNode({ privateKey: keyOf(3), market: place })
  const peers = createJobPeers(operator, node, createBlockMeter())
  await expect(peers.verdicts(terms, seed, soon())).rejects.toMatchObject({ code: 'noMajority' })
  for (const account of [7, 8]) {
    const { signature } = await signVerdict(await market.client(account), { lease, seed, passed: true })
    verdicts.set(`${account} ${lease} ${seed}`, { passed: true, signature, tasks: [], faults: [] })
  }
  const verdict = await peers.verdicts(terms, seed, soon())
  expect(verdict.passed).toBe(true)
  expect(verdict.signatures.map(({ validator }) => validator).toSorted()).toEqual(
    [7, 8].map((account) => testAccount(account).address).toSorted(),
  )
  await market.skip(challengeUntil - since)
  await jobs.resolve(job, verdict, soon())
  expect((await getJob(operator, { lease })).state).toBe('ended')
})
