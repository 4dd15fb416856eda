import { jobsAbi } from '@tender/abi'
import { type JobTerms, jobTermsHash, kinds, messageHash, reasonCodes, type Terms } from '@tender/protocol'
import { type Address, type Hex, keccak256, stringToHex, zeroAddress } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acceptJob } from './actions/acceptJob.ts'
import { beginJob } from './actions/beginJob.ts'
import { cancelJob } from './actions/cancelJob.ts'
import { challengeJob } from './actions/challengeJob.ts'
import { closeLease } from './actions/closeLease.ts'
import { drawJob } from './actions/drawJob.ts'
import { expireJob } from './actions/expireJob.ts'
import { findJobEnd } from './actions/findJobEnd.ts'
import { findJobEvents } from './actions/findJobEvents.ts'
import { findLeaseEnd } from './actions/findLeaseEnd.ts'
import { getBalance } from './actions/getBalance.ts'
import { getCapacity } from './actions/getCapacity.ts'
import { getJob } from './actions/getJob.ts'
import { getLease } from './actions/getLease.ts'
import { matchOrder } from './actions/matchOrder.ts'
import { publishProgress } from './actions/publishProgress.ts'
import { reanchorJob } from './actions/reanchorJob.ts'
import { redrawJob } from './actions/redrawJob.ts'
import { resolveJob } from './actions/resolveJob.ts'
import { signOrder } from './actions/signOrder.ts'
import { signVerdict } from './actions/signVerdict.ts'
import { splitJob } from './actions/splitJob.ts'
import { submitJob } from './actions/submitJob.ts'
import type { MarketClient } from './createMarketClient.ts'
import { domainOf } from './internal/domainOf.ts'
import {
  addProvider,
  addTenant,
  feeBps,
  orderOf,
  startTestMarket,
  type TestMarket,
  type TestProvider,
  testAccount,
} from './testMarket.ts'
import { joinTestMonitor } from './testReports.ts'

const verifyFee = 301n
const jobTerms: JobTerms = {
  tasks: 20,
  sample: 3,
  validators: 3,
  comparator: keccak256('0x'),
  deadlineSeconds: 7200,
  cancelFee: 777n,
  verifyFee,
  inputs: keccak256(stringToHex('inputs')),
}
/** An hour of one unit, rounded up. */
const price = 10_001n
const marketFee = (price * BigInt(feeBps)) / 10_000n
const resultRoot = keccak256(stringToHex('result'))
const cid = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'

let market: TestMarket
let tenant: MarketClient
let provider: TestProvider
const monitors = new Map<Address, MarketClient>()
let nonce = 0n

/** A job that its provider may begin. */
async function openJob(): Promise<{ lease: Hex; terms: Terms }> {
  nonce += 1n
  const order = await orderOf(market, tenant, {
    kind: kinds.job,
    verifier: market.book.contracts.jobs,
    jobTerms: jobTermsHash(domainOf(tenant), jobTerms),
    nonce,
  })
  const signed = await signOrder(tenant, { order })
  const { leases } = await matchOrder(tenant, { order, offers: [await provider.bid(signed.hash)] })
  const [lease] = leases
  if (!lease) throw new Error('no lease')
  return { lease: lease.leaseId, terms: lease.terms }
}

/** A job whose result is there and whose anchor is mined. */
async function submittedJob() {
  const job = await openJob()
  await beginJob(provider.operator, { lease: job.terms, jobTerms })
  await submitJob(provider.operator, { lease: job.terms, jobTerms, resultRoot, cid })
  await mine(3)
  return job
}

function mine(blocks: number) {
  return market.cheat('anvil_mine', [`0x${blocks.toString(16)}`])
}

async function verdicts(lease: Hex, passed: boolean, validators: readonly Address[]) {
  const { commitment: seed } = await getJob(tenant, { lease })
  return Promise.all(
    validators.map(async (validator) => {
      const client = monitors.get(validator)
      if (!client) throw new Error(`${validator} is no monitor`)
      const { signature } = await signVerdict(client, { lease, seed, passed })
      return { validator, signature }
    }),
  )
}

async function balanceOf(client: MarketClient, account = client.account?.address ?? zeroAddress) {
  return (await getBalance(client, { account, asset: market.dollar })).deposited
}

/** Nothing of a job may stay with the contract. */
async function heldByJobs() {
  return balanceOf(tenant, market.book.contracts.jobs)
}

beforeAll(async () => {
  market = await startTestMarket()
  tenant = await addTenant(market, { account: 1, amount: 1_000_000n })
  provider = await addProvider(market, { first: 2 })
  for (const index of [7, 8, 9]) {
    const client = await market.client(index)
    await joinTestMonitor(client, market.governor)
    monitors.set(testAccount(index).address, client)
  }
})
afterAll(() => market.stop())

test('messages hash as the contract says', async () => {
  const { jobs: address } = market.book.contracts
  const verdict = { jobs: address, lease: resultRoot, seed: keccak256('0x01'), passed: true }
  const { readContract } = tenant.rpc
  expect(await readContract({ address, abi: jobsAbi, functionName: 'hashVerdict', args: [verdict] })).toBe(
    messageHash(domainOf(tenant), 'Verdict', verdict),
  )
  expect(await readContract({ address, abi: jobsAbi, functionName: 'hashJobTerms', args: [jobTerms] })).toBe(
    jobTermsHash(domainOf(tenant), jobTerms),
  )
})

test('an honest job is paid by a verdict, and its validators too', async () => {
  const before = await balanceOf(tenant)
  const { lease, terms } = await openJob()
  expect(await getJob(tenant, { lease })).toMatchObject({ state: 'opened', since: 0 })
  expect(await findJobEnd(tenant, { leaseId: lease })).toBeUndefined()
  await beginJob(provider.operator, { lease: terms, jobTerms })
  expect(await balanceOf(tenant)).toBe(before - price - verifyFee)
  await publishProgress(provider.operator, { lease: terms, root: keccak256('0x02') })
  const { anchor } = await submitJob(provider.operator, { lease: terms, jobTerms, resultRoot, cid })
  await expect(drawJob(tenant, { lease: terms, jobTerms })).rejects.toMatchObject({ code: 'anchorNotMined' })
  await mine(3)
  expect(await getJob(tenant, { lease })).toMatchObject({ state: 'submitted', anchor, commitment: resultRoot })

  const { seed, validators } = await drawJob(tenant, { lease: terms, jobTerms })
  expect(new Set(validators)).toEqual(new Set(monitors.keys()))
  const drawn = await getJob(tenant, { lease })
  expect(drawn).toMatchObject({ state: 'drawn', commitment: seed, challengeUntil: drawn.since + 3600 })
  const signatures = await verdicts(lease, true, validators)
  await expect(resolveJob(tenant, { lease, jobTerms, passed: true, signatures })).rejects.toMatchObject({
    code: 'tooEarly',
  })
  await market.skip(3600)
  const earned = await balanceOf(provider.owner)
  const end = await resolveJob(tenant, { lease, jobTerms, passed: true, signatures })

  expect(end).toMatchObject({ reason: reasonCodes.jobVerdict, paid: price - marketFee, fee: marketFee, refunded: 0n })
  expect((await balanceOf(provider.owner)) - earned).toBe(price - marketFee)
  expect(end.given.map(({ amount }) => amount)).toEqual([100n, 100n, 100n, 1n])
  expect(await findJobEnd(tenant, { leaseId: lease })).toEqual(end)
  expect(await balanceOf(tenant)).toBe(before - price - verifyFee + 1n)
  expect(await heldByJobs()).toBe(0n)
  expect(await getLease(tenant, { lease: terms })).toMatchObject({ status: 'resolved', held: 0n, released: true })
  expect((await getCapacity(tenant, { provider: provider.id, resource: 'cu' })).leased).toBe(0)
  expect(await findLeaseEnd(tenant, { leaseId: lease })).toMatchObject({ evidence: seed })

  const events = await findJobEvents(tenant, { lease })
  expect(events.map(({ type }) => type)).toEqual(['JobBegun', 'JobProgressed', 'JobSubmitted', 'JobDrawn', 'JobJudged'])
  expect(events[0]?.args).toMatchObject({ lease, provider: provider.id, jobTerms })
  expect(events[2]?.args).toMatchObject({ resultRoot, cid: stringToHex(cid), anchor })
  expect(events[4]?.args).toMatchObject({ passed: true, signers: 7n })
})

test('a challenge voids earlier verdicts, and a failed one costs the provider its penalty', async () => {
  const before = await balanceOf(tenant)
  const { lease, terms } = await submittedJob()
  const { seed, validators } = await drawJob(tenant, { lease: terms, jobTerms })
  const early = await verdicts(lease, true, validators)
  const challenged = await challengeJob(tenant, { lease: terms, jobTerms, tasks: [4, 19] })
  expect(challenged.seed).not.toBe(seed)
  await market.skip(3600)
  await expect(resolveJob(tenant, { lease, jobTerms, passed: true, signatures: early })).rejects.toMatchObject({
    code: 'invalidVerdict',
  })
  const signatures = await verdicts(lease, false, validators.slice(1))
  const end = await resolveJob(tenant, { lease, jobTerms, passed: false, signatures })

  expect(end).toMatchObject({ reason: reasonCodes.jobVerdict, paid: 0n, refunded: price })
  expect(end.penalty).toBeGreaterThan(0n)
  // Two thirds of the fee went to those who signed; the rest of it and the bond are back.
  expect(await balanceOf(tenant)).toBe(before - 200n)
  expect(await heldByJobs()).toBe(0n)
})

test('a tenant accepts before and after the draw', async () => {
  const first = await submittedJob()
  const early = await acceptJob(tenant, { lease: first.lease, jobTerms })
  expect(early).toMatchObject({ reason: reasonCodes.jobAccepted, paid: price - marketFee })
  expect(early.given).toEqual([{ to: testAccount(1).address, amount: verifyFee }])

  const second = await submittedJob()
  const { validators } = await drawJob(tenant, { lease: second.terms, jobTerms })
  const late = await acceptJob(tenant, { lease: second.lease, jobTerms })
  expect(late.given.slice(0, 3)).toEqual(validators.map((to) => ({ to, amount: 100n })))
  await expect(acceptJob(tenant, { lease: second.lease, jobTerms })).rejects.toMatchObject({
    code: 'wrongJobState',
    message: expect.stringContaining(`job ${second.lease} is ended`),
  })
})

test('a job is cancelled for nothing before it was begun, for its fee after that, and is no service', async () => {
  const before = await balanceOf(tenant)
  const first = await openJob()
  await expect(closeLease(tenant, { lease: first.terms })).rejects.toMatchObject({ code: 'isJob' })
  expect(await cancelJob(tenant, { lease: first.terms, jobTerms })).toMatchObject({ refunded: price, given: [] })
  expect(await balanceOf(tenant)).toBe(before)
  const second = await openJob()
  await beginJob(provider.operator, { lease: second.terms, jobTerms })
  const end = await cancelJob(tenant, { lease: second.terms, jobTerms })
  expect(end).toMatchObject({ reason: reasonCodes.closedByTenant, paid: 770n, fee: 7n, refunded: price - 777n })
  expect(await balanceOf(tenant)).toBe(before - 777n)
})

test('a missed deadline refunds the tenant and punishes the provider, who is free before it begins', async () => {
  const before = await balanceOf(tenant)
  const first = await openJob()
  expect(await expireJob(provider.owner, { lease: first.terms, jobTerms })).toMatchObject({ penalty: 0n })
  const second = await openJob()
  await beginJob(provider.operator, { lease: second.terms, jobTerms })
  await expect(expireJob(tenant, { lease: second.terms, jobTerms })).rejects.toMatchObject({ code: 'tooEarly' })
  await market.skip(7200)
  expect(await getLease(tenant, { lease: second.terms })).toMatchObject({ status: 'running', held: price })
  const late = submitJob(provider.operator, { lease: second.terms, jobTerms, resultRoot, cid })
  await expect(late).rejects.toMatchObject({ code: 'tooLate' })
  const end = await expireJob(tenant, { lease: second.terms, jobTerms })
  expect(end).toMatchObject({ reason: reasonCodes.jobExpired, refunded: price })
  expect(end.penalty).toBeGreaterThan(0n)
  expect(await balanceOf(tenant)).toBe(before)
})

test('a missed draw is anchored anew, and without any verdict the price is split', async () => {
  const before = await balanceOf(tenant)
  const { lease, terms } = await submittedJob()
  await mine(300)
  await expect(drawJob(tenant, { lease: terms, jobTerms })).rejects.toMatchObject({ code: 'anchorMissed' })
  await reanchorJob(tenant, { lease: terms })
  await mine(3)
  await drawJob(tenant, { lease: terms, jobTerms })
  await expect(redrawJob(tenant, { lease: terms })).rejects.toMatchObject({ code: 'tooEarly' })
  await market.skip(7 * 3600)
  await redrawJob(tenant, { lease: terms })
  await mine(3)
  // With no other monitors the second set is of the same.
  const { validators } = await drawJob(tenant, { lease: terms, jobTerms })
  expect(validators).toHaveLength(3)
  await market.skip(6 * 3600)
  const end = await splitJob(tenant, { lease, jobTerms })
  expect(end).toMatchObject({ reason: reasonCodes.jobExpired, paid: 4950n, fee: 50n, refunded: 5001n, penalty: 0n })
  expect(await balanceOf(tenant)).toBe(before - 5000n)
  expect(await heldByJobs()).toBe(0n)
})
