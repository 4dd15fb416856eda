import { resolve } from 'node:path'
import type { ContentStore } from '@tender/content'
import { mostJobCost, tasksOfReplica } from '@tender/protocol'
import { countProviders, getAsset, type JobStateName, type MarketAsset } from '@tender/sdk'
import { agentFor, checkFunds, type EarlierOrder, orderOf, shortId, type TenantLease } from '@tender/tenant'
import {
  describeJob,
  estimateJob,
  findEarlierJob,
  followJob,
  type JobEstimate,
  type JobOrderEvent,
  type JobOutcome,
  type JobPlan,
  matchJob,
  type OpenedJob,
  orderJob,
  planJob,
  termsOfPlan,
} from '@tender/tenant/jobs'
import { type Hex, zeroAddress } from 'viem'
import { confirm } from '../cli/prompts.ts'
import type { Context } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import type { AccountMarket } from '../openMarket.ts'
import { type OpenTenant, startTenant } from '../startTenant.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'
import { readCompose } from '../tenant/readPlan.ts'
import { checkHere } from './checkHere.ts'
import { checkNewFolder, claimFolder, openJobStore, resultsFolder } from './jobPlaces.ts'
import { showJob, showOrder } from './showJob.ts'

export type RunOptions = {
  /** Folder for the results; absent for one that is named after the order. */
  out: string | undefined
  auctionSeconds: number
  /** Run the first tasks twice on this machine first. */
  check: boolean
  /** Of the Docker engine that runs containers then. */
  socket: string
  /** Say what it would cost and buy, and order nothing. */
  dryRun: boolean
  /** Order another, although an earlier one is not over. */
  another: boolean
}

/** What became of a job. */
export type RanJob = {
  /** `planned`: nothing was ordered. */
  action: 'planned' | 'ordered' | 'resumed'
  order?: Hex | undefined
  name: string
  /** Where the results are. */
  out?: string | undefined
  estimate?: JobEstimate | undefined
  leases: (JobOutcome & { provider: bigint; tasks: number; failedTasks: number[]; faults: readonly string[] })[]
  asset: MarketAsset
  /** What a penalty is counted in. Absent where nothing was ordered. */
  stakeToken?: MarketAsset | undefined
}

type Work = { context: Context; opened: AccountMarket; file: string; options: RunOptions; store: ContentStore }

/** Runs the job of a file, or goes on with one that was cut off. No other process works on jobs of the same file meanwhile. */
export async function runJob(
  context: Context,
  opened: AccountMarket,
  file: string,
  options: RunOptions,
): Promise<RanJob> {
  const directory = marketDirectory(context.home, opened.name)
  const store = openJobStore(directory, resolve(file))
  try {
    const work = { context, opened, file, options, store }
    const records = await openTenantRecords(directory)
    const { market, account } = opened
    const isNew = options.another || options.dryRun
    const earlier = isNew ? undefined : await findEarlierJob({ market, records }, resolve(file), account.address)
    return await (earlier ? goOn(work, earlier) : orderAnew(work))
  } finally {
    store.close()
  }
}

async function orderAnew(work: Work): Promise<RanJob> {
  const { context, opened, file, options, store } = work
  const { market } = opened
  const { progress, signal } = context
  const { text, sources } = await readCompose(file)
  progress.status('making the bundle')
  const plan = await planJob(text, sources, { market, store, signal })
  const order = await orderOf(market, plan, { agent: zeroAddress, auctionSeconds: 0 })
  const asset = await getAsset(market, { asset: order.asset })
  const estimate = estimateJob(order, termsOfPlan(plan))
  for (const line of describeJob(plan, order, asset)) progress.line(line)
  if (options.check) await checkHere(context, { plan, order, store, socket: options.socket })
  if (options.dryRun) return { action: 'planned', name: plan.name, estimate, leases: [], asset }
  if (options.out !== undefined) await checkNewFolder(resolve(options.out))
  await checkFunds(market, order, asset, mostJobCost(order, termsOfPlan(plan)))
  await confirm(context, 'Order it?')
  return withTenant(work, undefined, async (tenant) => {
    const job = await orderHere(work, tenant, plan)
    return { ...(await follow(work, tenant, job)), action: 'ordered', estimate }
  })
}

/** Orders it, and says what was left behind if that is cut off. */
async function orderHere({ context, options }: Work, tenant: OpenTenant, plan: JobPlan): Promise<OpenedJob> {
  const { progress, signal } = context
  const { auctionSeconds } = options
  const show = showOrder(progress)
  let order: Hex | undefined
  const onEvent = (event: JobOrderEvent) => {
    if (event.type === 'ordered') order = event.record.id
    show(event)
  }
  try {
    // Where all that there are have answered, nobody is waited for.
    const enoughAnswers = await countProviders(tenant.market)
    return await orderJob(tenant, plan, { auctionSeconds, enoughAnswers, onEvent, signal })
  } catch (error) {
    const record = signal.aborted && order ? await tenant.records.orders.get(order) : undefined
    if (record) progress.line(record.matching ? MAY_BE_OPEN : NOTHING_OPEN)
    throw error
  }
}

const MAY_BE_OPEN = 'its leases may be open already: go on with the same `tender run`'
const NOTHING_OPEN = 'no lease was opened, and nothing is held: the order lapses'

async function goOn(work: Work, { record, leases }: EarlierOrder): Promise<RanJob> {
  const { progress } = work.context
  progress.line(`${record.name} was ordered before: going on with order ${shortId(record.id)}, as it was ordered`)
  const onEvent = showOrder(progress)
  if (leases.length === 0) {
    return withTenant(work, record.order.agent, async (tenant) => {
      const job = await matchJob(tenant, record, { onEvent })
      return { ...(await follow(work, tenant, job)), action: 'resumed' }
    })
  }
  const asset = await getAsset(work.opened.market, { asset: record.order.asset })
  const byAgent = Map.groupBy(leases, (lease) => agentFor(record, lease))
  const followed = [...byAgent].map(([agent, own]) =>
    withTenant(work, agent, (tenant) => follow(work, tenant, { record, leases: own, asset })),
  )
  const [first, ...rest] = await Promise.all(followed)
  if (!first) throw new TypeError('every lease has an agent')
  return { ...first, leases: [first, ...rest].flatMap((one) => one.leases), action: 'resumed' }
}

async function follow(
  { context, opened, options, store }: Work,
  tenant: OpenTenant,
  { record, leases, asset }: OpenedJob,
): Promise<Omit<RanJob, 'action'>> {
  const { progress, signal } = context
  const outDir = resultsFolder(options.out, record)
  await claimFolder(outDir, record.id)
  const tasksOf = ({ terms }: TenantLease) => shareOf(record, terms.index)
  const stakeToken = await getAsset(tenant.market, { asset: tenant.market.book.contracts.stakeToken })
  const show = showJob(progress, { asset, stakeToken }, (lease) => tasksOf(lease).length)
  progress.line(`results come to ${outDir}`)
  const states = new Map<Hex, JobStateName>()
  const failed = new Map<Hex, number[]>()
  const faults = new Map<Hex, readonly string[]>()
  const outcomes = await followJob(
    tenant,
    { record, leases },
    {
      store,
      outDir,
      bootstrap: opened.profile.bootstrap,
      signal,
      onEvent(event) {
        const { leaseId } = event.lease
        if (event.type === 'state') states.set(leaseId, event.job.state)
        if (event.type === 'failedTask') failed.set(leaseId, [...(failed.get(leaseId) ?? []), event.record.task])
        if (event.type === 'result') faults.set(leaseId, event.faults)
        show(event)
      },
    },
  ).catch((error) => {
    if (signal.aborted) for (const line of cutOffLines(record, leases, states)) progress.line(line)
    throw error
  })
  const byLease = new Map(outcomes.map((outcome) => [outcome.leaseId, outcome]))
  const ended = leases.flatMap((lease) => {
    const { leaseId, terms } = lease
    const outcome = byLease.get(leaseId)
    const found = { failedTasks: failed.get(leaseId) ?? [], faults: faults.get(leaseId) ?? [] }
    return outcome ? [{ ...outcome, ...found, provider: terms.provider, tasks: tasksOf(lease).length }] : []
  })
  return { order: record.id, name: record.name, out: outDir, leases: ended, asset, stakeToken }
}

/** The tasks of one lease. */
export function shareOf({ order, manifest }: Pick<EarlierOrder['record'], 'order' | 'manifest'>, index: number) {
  return tasksOfReplica(manifest.brief.job?.terms.tasks ?? 0, order.replicas, index)
}

/** What goes on without this, and how to take it up again. */
function cutOffLines(
  { id }: { id: Hex },
  leases: readonly TenantLease[],
  states: ReadonlyMap<Hex, JobStateName>,
): string[] {
  const needsInputs = leases.some(({ leaseId }) => (states.get(leaseId) ?? 'opened') === 'opened')
  const show = `see it with \`tender job show ${shortId(id)}\``
  if (needsInputs) {
    return [
      `what providers have begun goes on without this: ${show}`,
      'go on with the same `tender run` soon: until every provider has its inputs, they are fetched from here',
    ]
  }
  return [
    `the job goes on without this, to its verdict: ${show}`,
    `go on with the same \`tender run\`, or bring what is done with \`tender job results ${shortId(id)}\``,
  ]
}

async function withTenant<Result>(
  { context, opened }: Work,
  agent: Hex | undefined,
  work: (tenant: OpenTenant) => Promise<Result>,
): Promise<Result> {
  const { name, market, profile } = opened
  context.progress.status('looking for peers')
  const tenant = await startTenant(context, { name, market, bootstrap: profile.bootstrap, agent })
  try {
    return await work(tenant)
  } finally {
    await tenant.close()
  }
}
