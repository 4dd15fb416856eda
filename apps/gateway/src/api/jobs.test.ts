import { createApiClient, eachItem, type Job, type JobEvent, type LiveEvent } from '@tender/api'
import { createLog, createMetrics } from '@tender/kit'
import { leaseId, tasksOfReplica } from '@tender/protocol'
import * as sdk from '@tender/sdk'
import { startTestMarket, type TestMarket } from '@tender/sdk/testMarket'
import { sql } from 'drizzle-orm'
import { hexToString } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { dumpChainTables } from '../indexer/testDump.ts'
import { type Following, follow, nextReorg } from '../indexer/testFollow.ts'
import { begun, freshJob, jobActions, jobTerms, submitted } from '../indexer/testJobs.ts'
import { startWorld } from '../indexer/testScenario.ts'
import type { World } from '../indexer/testWorld.ts'
import { addMarketMetrics } from '../metrics/marketMetrics.ts'
import type { SeenOrder } from '../network/gatewayNetwork.ts'
import { createOrderKeeper } from '../records/keepOrders.ts'
import { seenOrder } from '../records/testEnvelopes.ts'
import type { Store } from '../store/openStore.ts'
import { cursor, jobs, leases, NEVER, orders } from '../store/schema.ts'
import { describeStores } from '../testStores.ts'
import { startsTestApis, type TestApi } from './testApi.ts'

let market: TestMarket
let w: World
beforeAll(async () => {
  market = await startTestMarket()
  w = await startWorld(market, 3)
})
afterAll(() => market.stop())

/** What the jobs' contract calls the events of a job. */
const names: Partial<Record<JobEvent['kind'], string>> = {
  begun: 'JobBegun',
  progressed: 'JobProgressed',
  submitted: 'JobSubmitted',
  reanchored: 'JobReanchored',
  drawn: 'JobDrawn',
  challenged: 'JobChallenged',
  recalled: 'JobRecalled',
  judged: 'JobJudged',
  split: 'JobSplit',
}

const silent = createLog({ name: 'test', level: 'silent' })

describeStores('jobs', (stores) => {
  const start = startsTestApis(() => market)
  let store: Store
  let following: Following
  let api: TestApi
  let now = 0
  const ask = () => createApiClient({ baseUrl: api.url })

  /** The gateway knows all that happened, and what time it is. */
  async function catchUp(): Promise<void> {
    now = (await sdk.getChainTime(w.delegator)).timestamp
    await following.caughtUp()
  }

  beforeAll(async () => {
    store = await stores.open()
    following = follow(w.delegator, store, { finalityDepth: 1_000 })
    api = await start(store, { now: () => now })
  })
  afterAll(() => following.stop())

  const metrics = () => {
    const measured = createMetrics({ prefix: 'tender_gateway' })
    addMarketMetrics(measured, { store, now: () => now })
    return measured.text()
  }
  const countRunning = async () =>
    (await Array.fromAsync(eachItem(ask().listLeases, { state: 'running' } as const))).length

  /** Reads the chain into another database. */
  async function indexed(other: Store): Promise<Store> {
    const { caughtUp, stop } = follow(w.delegator, other, { finalityDepth: 1_000 })
    await caughtUp()
    await stop()
    return other
  }

  /** Writes an order down as if peers had passed it on. */
  async function keep(seen: SeenOrder, other = store): Promise<void> {
    const keeper = createOrderKeeper(other, silent)
    const ending = new AbortController()
    const keeping = keeper.run(ending.signal)
    keeper.seen(seen)
    ending.abort()
    await keeping
  }

  /** What was done last to a job, in the words of the chain and in those of the API. */
  async function compare(lease: World['leases'][number]) {
    const id = leaseId(lease)
    const [job, events] = [await sdk.getJob(w.delegator, { lease }), await sdk.findJobEvents(w.delegator, { lease })]
    const told = await ask().getJob({ id })
    const { state, anchor, reanchors, drawUntil = null, verdictUntil = null } = job
    expect(told).toMatchObject({ state, anchor: anchor === 0 ? null : anchor, reanchors, drawUntil, verdictUntil })
    const ofContract = told.events.filter(({ kind }) => names[kind])
    const place = ({ type, block, transaction: tx, logIndex }: (typeof events)[number]) => [type, block, tx, logIndex]
    expect(ofContract.map(({ kind, block, tx, logIndex }) => [names[kind], block, tx, logIndex])).toEqual(
      events.map(place),
    )
    return { told, events }
  }

  test.each(Object.entries(jobActions))('%s: the index says what the chain says, to the end', async (_, action) => {
    // CAST: every way to end a job answers how it ended
    const end = (await action(w)) as sdk.JobEnd
    await catchUp()
    const lease = w.leases.at(-1)
    if (!lease) throw new Error('no job')
    const { told, events } = await compare(lease)
    const sum = (to: (address: string) => boolean) =>
      end.given.reduce((all, { to: whom, amount }) => (to(whom) ? all + amount : all), 0n)
    expect(told).toMatchObject({
      ...{ state: 'ended', paid: end.paid, fee: end.fee, refunded: end.refunded, penalised: end.penalty },
      ended: { code: end.reason, tx: end.transaction },
      ...{ toValidators: sum((to) => to !== lease.tenant), returned: sum((to) => to === lease.tenant) },
    })
    expect([told.charged, told.price]).toEqual([
      told.toValidators + told.returned,
      told.paid + told.fee + told.refunded,
    ])
    expect(await sdk.findLeaseEnd(w.delegator, { leaseId: told.lease })).toMatchObject({ closedAt: told.ended?.at })
    for (const { type, args, transaction: tx } of events) {
      if (type === 'JobSubmitted') {
        expect(told.result).toMatchObject({ tx, root: args.resultRoot, cid: hexToString(args.cid) })
      }
      if (type === 'JobProgressed') expect(told.progress).toMatchObject({ tx, root: args.root })
      if (type === 'JobChallenged') expect(told.challenge).toMatchObject({ tx, seed: args.seed, tasks: args.tasks })
      if (type === 'JobDrawn') {
        expect(told.draws).toContainEqual(expect.objectContaining({ tx, seed: args.seed, validators: args.validators }))
      }
      if (type === 'JobSplit') expect(told.split).toMatchObject({ tx, providerBps: args.providerBps })
      if (type !== 'JobJudged') continue
      const { validators = [] } = told.draws.at(-1) ?? {}
      const signers = validators.filter((_, index) => (args.signers >> BigInt(index)) % 2n === 1n)
      expect(told.verdict).toMatchObject({ tx, passed: args.passed, signers })
    }
  })

  test('one that was begun tells what was agreed, and runs on when the machine time it bought is over', async () => {
    const { lease } = await begun(w)
    const id = leaseId(lease)
    const { end } = await sdk.getLease(w.delegator, { lease })
    await w.market.skip(end - now + 4_000)
    await catchUp()
    const { comparator: _, ...terms } = jobTerms
    const leaseTasks = tasksOfReplica(jobTerms.tasks, 1, 0).length
    const { told } = await compare(lease)
    expect(told).toMatchObject({
      ...{ state: 'begun', charged: jobTerms.verifyFee, toValidators: 0n, result: null, draws: [], ended: null },
      terms: { ...terms, comparator: null, leaseTasks, deadline: lease.start + jobTerms.deadlineSeconds },
    })
    const found = await ask().getLease({ id })
    expect(found).toMatchObject({ state: 'running', job: 'begun', stop: null, ended: null, released: false })
    expect((await sdk.getLease(w.delegator, { lease })).status).toBe('running')
    const running = await ask().listLeases({ state: 'running', tenant: lease.tenant })
    expect(running.items.map((one) => one.id)).toContain(id)
    expect((await ask().listLeases({ state: 'ended' })).items.map((one) => one.id)).not.toContain(id)
    expect((await ask().getAccount({ address: lease.tenant })).leases.running).toBe(running.items.length)
    const seller = await ask().getProvider({ id: String(lease.provider) })
    const { items } = await ask().listLeases({ state: 'running', provider: seller.id })
    expect(seller.leases.running).toBe(items.length)
    expect(seller.capacity[0]?.leased).toBe(items.reduce((all, { units }) => all + units, 0))
    const text = await metrics()
    expect(text).toContain(`tender_gateway_market_running_leases ${await countRunning()}`)
    expect(text).toContain('tender_gateway_market_open_jobs{state="begun"} 1')
    await sdk.expireJob(w.delegator, { lease, jobTerms })
    await catchUp()
    const over = await ask().getLease({ id })
    expect(over).toMatchObject({ state: 'ended', job: 'ended', released: true, ended: { name: 'jobExpired' } })
    expect(over.stop).toBe((await sdk.getLease(w.delegator, { lease })).closedAt)
    expect(await metrics()).toContain('tender_gateway_market_open_jobs{state="begun"} 0')
  })

  test('lists are of a tenant, a provider and a state, and verdicts are counted', async () => {
    const all = await Array.fromAsync(eachItem(ask().listJobs, { limit: 3 }))
    const passed = all.filter(({ verdict }) => verdict?.passed).length
    const failed = all.filter(({ verdict }) => verdict?.passed === false).length
    expect([passed, failed].every((count) => count > 0)).toBe(true)
    const text = await metrics()
    expect(text).toContain(`tender_gateway_market_judged_jobs_total{passed="true"} ${passed}`)
    expect(text).toContain(`tender_gateway_market_judged_jobs_total{passed="false"} ${failed}`)
    const [{ tenant, provider } = { tenant: '0x', provider: '0' }] = all
    const filters = [{ tenant }, { provider }, { tenant, provider, state: 'ended' }, { state: 'drawn' }] as const
    for (const filter of filters) {
      const { items } = await ask().listJobs({ ...filter, limit: 100 })
      const fits = (one: Job) => Object.entries(filter).every(([key, value]) => one[key as keyof Job] === value)
      expect(items).toEqual(all.filter(fits))
    }
  })

  test('a draw that the chain takes back is undone, and listeners hear of every step', async () => {
    const { lease } = await submitted(w)
    await catchUp()
    const { told: before } = await compare(lease)
    const ending = new AbortController()
    const opened = Promise.withResolvers<void>()
    const heard: LiveEvent[] = []
    const listening = (async () => {
      const parameters = { topics: ['job', 'lease'], tenant: lease.tenant, signal: ending.signal } as const
      const events = ask().events({ ...parameters, onState: () => opened.resolve() })
      for await (const event of events) {
        heard.push(event)
        if (event.topic === 'reset') break
      }
    })()
    await opened.promise
    const snapshot = await market.cheat('evm_snapshot', [])
    await sdk.drawJob(w.delegator, { lease, jobTerms })
    await catchUp()
    const { told: drawn } = await compare(lease)
    expect(drawn).toMatchObject({ state: 'drawn', seed: drawn.draws[0]?.seed })
    expect(drawn.challengeUntil).toBe((await sdk.getJob(w.delegator, { lease })).challengeUntil)
    const reorg = nextReorg(store)
    await market.cheat('evm_revert', [snapshot])
    await reorg
    await listening
    expect((await ask().getJob({ id: before.lease })).state).toBe('submitted')
    expect(await ask().getJob({ id: before.lease })).toEqual(before)
    const { events: _, ...listed } = drawn
    expect(heard).toContainEqual(expect.objectContaining({ topic: 'job', data: listed }))
    expect(heard.map(({ topic, data }) => ('job' in data ? `${topic} ${data.job}` : topic))).toContain('lease drawn')
    await jobActions.jobAccepted?.(w)
    await catchUp()
    const accepted = w.leases.at(-1)
    if (accepted) await compare(accepted)
  })

  test('of one that nobody began an order’s brief tells what was agreed, if it is what the lease has', async () => {
    const { lease } = await freshJob(w)
    const { comparator, cancelFee, verifyFee, ...terms } = jobTerms
    const told = { ...terms, comparator, cancelFee: String(cancelFee), verifyFee: String(verifyFee) }
    for (const [right, sample] of [
      [false, 3],
      [true, 2],
    ] as const) {
      const { envelope, ...seen } = seenOrder(1)
      const brief = { ...envelope.brief, job: { terms: { ...told, sample }, bundleBytes: 10 } }
      await store.write(({ tx }) => tx.delete(orders))
      await keep({ ...seen, hash: lease.order, envelope: { ...envelope, brief } })
      await catchUp()
      const job = await ask().getJob({ id: leaseId(lease) })
      expect(job).toMatchObject({ state: 'opened', startUntil: lease.start + lease.startWindow, charged: 0n })
      expect(job.terms?.inputs).toBe(right ? jobTerms.inputs : undefined)
    }
  })

  test('GraphQL leads from a lease to its job and back', async () => {
    const query =
      '{ leases(first: 20) { nodes { id kind job jobInfo { lease state draws { validators } leaseInfo { id } } } } }'
    const answer = await api.post('/graphql', { query })
    const { data } = z
      .object({ data: z.object({ leases: z.object({ nodes: z.array(z.any()) }) }) })
      .parse(await answer.json())
    for (const { id, job, jobInfo } of data.leases.nodes) {
      expect(jobInfo).toMatchObject({ lease: id, state: job, leaseInfo: { id } })
    }
    expect(data.leases.nodes.length).toBeGreaterThan(8)
  })

  test('a database from before jobs is filled anew, and comes to the same', async () => {
    const place = await stores.place()
    const filled = await indexed(await stores.open(place))
    await keep(seenOrder(7), filled)
    const dump = await dumpChainTables(filled)
    await filled.write(async ({ tx }) => {
      await tx.execute(sql`DROP TABLE ${jobs}`)
      await tx.execute(sql`UPDATE ${leases} SET stop = end_at WHERE stop = ${NEVER}`)
      await tx.execute(sql`DELETE FROM tender_gateway.migrations WHERE version = 2`)
    })
    await filled.close()
    const again = await stores.open(place)
    expect(await again.read((db) => db.select().from(cursor))).toEqual([])
    expect(await again.read((db) => db.select().from(orders))).toHaveLength(1)
    expect(await dumpChainTables(await indexed(again))).toEqual(dump)
  })
})
