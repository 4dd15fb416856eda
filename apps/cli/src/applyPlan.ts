import { formatAmount, formatDuration, mostCost } from '@tender/protocol'
import { closeLease, countProviders, getAsset, getLease, type MarketAsset } from '@tender/sdk'
import {
  type AskerOptions,
  agentFor,
  asker,
  checkFunds,
  clockTime,
  type Deployed,
  describePlan,
  type EarlierOrder,
  findEarlier,
  type LeaseStep,
  lowBalanceOf,
  nowSeconds,
  type OrderTerms,
  orderOf,
  type Plan,
  planSteps,
  resumeOrder,
  type Steps,
  shortId,
  type TenantLease,
  type UpOptions,
  up,
  updateLease,
} from '@tender/tenant'
import { type Address, type Hex, zeroAddress } from 'viem'
import { confirm } from './cli/prompts.ts'
import { showUp, showUpdate } from './cli/showUp.ts'
import type { Context } from './command.ts'
import { marketDirectory } from './home/home.ts'
import type { AccountMarket } from './openMarket.ts'
import { type OpenTenant, startTenant } from './startTenant.ts'
import { openTenantRecords } from './tenant/fileRecords.ts'
import { warnOfEnd } from './tenant/paintedEnd.ts'
import { visitor } from './tenant/visit.ts'

export type ApplyOptions = {
  auctionSeconds: number
  /** How long a replaced lease goes on. */
  handoverSeconds: number
  /** Send even what is the same, for secrets that changed. */
  always: boolean
  /** Replace what runs by a new order, whatever changed. */
  replace: boolean
  /** Reads the file once more, for a lease that takes over volumes. */
  planWith(volumesOf: Hex): Promise<Plan>
}

/** What became of a file's leases. */
export type Applied = {
  order: Hex
  action: 'ordered' | 'resumed' | 'updated' | 'replaced'
  leases: TenantLease[]
  httpStatus: number | undefined
  stepsMs: Record<string, number>
  asset: MarketAsset
}

type Work = { context: Context; opened: AccountMarket; plan: Plan; options: ApplyOptions; asset: MarketAsset }

/**
 * Makes what runs what a file asks for: finishes what an earlier run began, updates or replaces what differs, orders what is
 * missing, closes what is too many. Each step can be cut off; run again, it goes on.
 */
export async function applyPlan(
  context: Context,
  opened: AccountMarket,
  plan: Plan,
  options: ApplyOptions,
): Promise<Applied> {
  const { market } = opened
  const wanted = await orderOf(market, plan, { agent: zeroAddress, auctionSeconds: options.auctionSeconds })
  const asset = await getAsset(market, { asset: wanted.asset })
  const work = { context, opened, plan, options, asset }
  const brought = new Map<Hex, Applied>()
  for (const half of (await earlierOf(work)).filter(({ leases }) => leases.length === 0)) {
    const done = await goOn(work, half)
    for (const { leaseId } of done.leases) brought.set(leaseId, done)
  }
  const earlier = await earlierOf(work)
  if (earlier.length === 0) return orderAnew(work)

  const steps = planSteps(plan, wanted, earlier, { asset, always: options.always, replace: options.replace })
  await agree(work, steps)
  return carryOut(work, steps, earlier, brought)
}

/** Orders what a file asks for, whatever runs already. */
export async function orderAnother(
  context: Context,
  opened: AccountMarket,
  plan: Plan,
  options: ApplyOptions,
): Promise<Applied> {
  const wanted = await orderOf(opened.market, plan, { agent: zeroAddress, auctionSeconds: 0 })
  const asset = await getAsset(opened.market, { asset: wanted.asset })
  return orderAnew({ context, opened, plan, options, asset })
}

async function orderAnew(work: Work): Promise<Applied> {
  const { context, opened, plan, asset } = work
  const order = await orderOf(opened.market, plan, { agent: zeroAddress, auctionSeconds: 0 })
  for (const line of describePlan(plan, order, asset)) context.progress.line(line)
  await checkFunds(opened.market, order, asset)
  await confirm(context, 'Order it?')
  return { ...(await place(work, plan)), action: 'ordered' }
}

async function earlierOf({ context, opened: { name, market, account }, plan }: Work): Promise<EarlierOrder[]> {
  const records = await openTenantRecords(marketDirectory(context.home, name))
  return findEarlier({ market, records }, plan.composeFile, account.address)
}

/** Says what is about to happen, and asks if any of it changes anything. */
async function agree({ context, opened, plan, options, asset }: Work, { leases, missing }: Steps): Promise<void> {
  const changing = leases.filter(({ kind }) => kind !== 'none')
  if (changing.length === 0 && missing === 0) return
  const { progress } = context
  for (const step of changing) {
    const { lease, kind, lines } = step
    progress.line(`${lease.name} (lease ${shortId(lease.leaseId)}): ${howWords(kind, options)}`)
    for (const line of lines) progress.line(`  ${line}`)
    if (kind === 'replace' && keepsVolumes(step, plan)) {
      progress.line(`  its volumes move to the new lease, so only provider ${lease.terms.provider} can bid`)
    }
  }
  const replaced = changing.filter(({ kind }) => kind === 'replace').length
  if (missing > 0) progress.line(`${missing} more lease${missing === 1 ? ' is' : 's are'} ordered`)
  if (replaced > 1) progress.line('an order replaces one lease, so they are replaced one after the other')
  if (replaced + missing > 0) {
    const order = await orderOf(opened.market, plan, { agent: zeroAddress, auctionSeconds: 0 })
    const most = mostCost({ ...order, replicas: replaced + missing })
    progress.line(`  new leases cost ${formatAmount(most, asset)} at most; what replaced ones do not use comes back`)
  }
  await confirm(context, 'Do it?')
}

function howWords(kind: LeaseStep['kind'], { handoverSeconds }: ApplyOptions): string {
  if (kind === 'update') return 'is updated where it runs; rate and end stay'
  if (kind === 'close') return 'is closed'
  return `is replaced by a new order; the old one serves until ${formatDuration(handoverSeconds)} after the match`
}

async function carryOut(
  work: Work,
  { leases: steps, missing }: Steps,
  earlier: readonly EarlierOrder[],
  brought: ReadonlyMap<Hex, Applied>,
): Promise<Applied> {
  const done: Applied[] = []
  for (const { record, leases } of earlier) {
    const same = steps.filter((step) => step.record === record && step.kind === 'none')
    const kept = leases.filter((lease) => same.some((step) => step.lease === lease))
    const before = kept.map(({ leaseId }) => brought.get(leaseId)).find((one) => one !== undefined)
    const byAgent = before ? [] : Map.groupBy(kept, (lease) => agentFor(record, lease)).values()
    if (before) done.push(before)
    for (const own of byAgent) done.push(await goOn(work, { record, leases: own }))
    for (const step of steps) if (step.record === record && step.kind === 'update') done.push(await update(work, step))
  }
  // The file's own leases are well before anything else is bought or ended.
  for (const step of steps) if (step.kind === 'replace') done.push(await replace(work, step))
  if (missing > 0) done.push({ ...(await place(work, work.plan, { replicas: missing })), action: 'ordered' })
  for (const { kind, lease } of steps) {
    if (kind !== 'close') continue
    await closeLease(work.opened.market, { lease: lease.terms })
    work.context.progress.line(`${lease.name} (lease ${shortId(lease.leaseId)}): closed`)
  }
  return together(done)
}

/** The last that was done names the whole, what changed before what did not. */
function together(done: readonly Applied[]): Applied {
  const actions = ['resumed', 'ordered', 'updated', 'replaced'] as const
  const [first, ...rest] = done.toSorted((a, b) => actions.indexOf(b.action) - actions.indexOf(a.action))
  if (!first) throw new TypeError('there is always something to do')
  return { ...first, leases: [...first.leases, ...rest.flatMap(({ leases }) => leases)] }
}

async function place(work: Work, plan: Plan, terms?: OrderTerms): Promise<Omit<Applied, 'action'>> {
  const { context, options, asset } = work
  context.progress.status('looking for peers')
  return withTenant(work, undefined, async (tenant) => {
    const { market } = work.opened
    const { auctionSeconds } = options
    // Where all that there are have answered, nobody is waited for.
    const enoughAnswers = await countProviders(market)
    const deployed = await watched(context, [], (watching) =>
      up(tenant, plan, { ...watching, visit: visitor(market), auctionSeconds, enoughAnswers, terms }),
    )
    return appliedOf(deployed, asset)
  })
}

async function goOn(work: Work, earlier: EarlierOrder): Promise<Applied> {
  const { context, plan, opened, asset } = work
  const { record } = earlier
  context.progress.line(`${record.name} was ordered before: going on with order ${shortId(record.id)}`)
  const [first] = earlier.leases
  return withTenant(work, first ? agentFor(record, first) : record.order.agent, async (tenant) => {
    const leases = await Promise.all(earlier.leases.map((lease) => whereItIs(work, tenant, lease)))
    const deployed = await watched(context, leases, (watching) =>
      resumeOrder(tenant, { record, leases }, plan, { ...watching, visit: visitor(opened.market) }),
    )
    for (const lease of deployed.leases) await warn(context, opened, lease)
    return { ...appliedOf(deployed, asset), action: 'resumed' }
  })
}

/** Its provider may be elsewhere by now. */
function whereItIs({ context, opened }: Work, { node, records }: OpenTenant, lease: TenantLease): Promise<TenantLease> {
  const ask = askerFrom(context, opened, { node, records, record: lease })
  return ask(async ({ publicKey, addresses }) => ({ ...lease, provider: { publicKey, addresses: [...addresses] } }))
}

async function update(work: Work, { record, lease }: LeaseStep): Promise<Applied> {
  const { context, opened, plan, asset } = work
  const startedAt = performance.now()
  return withTenant(work, agentFor(record, lease), async ({ node, records, sources }) => {
    const ask = askerFrom(context, opened, { node, records, record: lease })
    const onEvent = showUpdate(context.progress)
    const updated = await updateLease({ ask, records, sources, record: lease }, plan, {
      onEvent,
      signal: context.signal,
    })
    await warn(context, opened, updated)
    const stepsMs = { update: Math.round(performance.now() - startedAt) }
    return { order: record.id, action: 'updated', leases: [updated], httpStatus: undefined, stepsMs, asset }
  })
}

function askerFrom(
  { progress, signal }: Context,
  { profile: { bootstrap } }: AccountMarket,
  about: Pick<AskerOptions, 'node' | 'records' | 'record'>,
): ReturnType<typeof asker> {
  return asker({ ...about, bootstrap, signal, onStatus: progress.status })
}

/** One match opens the new lease and ends the old one, when its handover is over. */
async function replace(work: Work, step: LeaseStep): Promise<Applied> {
  const { lease } = step
  const { context, options, plan, opened } = work
  const own = keepsVolumes(step, plan) ? await options.planWith(lease.leaseId) : plan
  const terms = { replicas: 1, previous: lease.leaseId, handoverSeconds: options.handoverSeconds }
  try {
    return { ...(await place(work, { ...own, tender: plan.tender }, terms)), action: 'replaced' }
  } finally {
    const { stop, closedAt } = await getLease(opened.market, { lease: lease.terms })
    const id = shortId(lease.leaseId)
    const until = clockTime(stop)
    if (closedAt === undefined) context.progress.line(`lease ${id} was not replaced: it runs on until ${until}`)
    else context.progress.line(`lease ${id} was replaced: it serves until ${until}`)
  }
}

/** Whether a volume of the running lease is one of the file's still. */
function keepsVolumes({ record, lease }: LeaseStep, { manifest }: Plan): boolean {
  const names = new Set(manifest.volumes.map(({ name }) => name))
  return (lease.manifest ?? record.manifest).volumes.some(({ name }) => names.has(name))
}

async function withTenant<Result>(
  { context, opened: { name, market, profile } }: Work,
  agent: Address | undefined,
  work: (tenant: OpenTenant) => Promise<Result>,
): Promise<Result> {
  const tenant = await startTenant(context, { name, market, bootstrap: profile.bootstrap, agent })
  try {
    return await work(tenant)
  } finally {
    await tenant.close()
  }
}

async function warn({ progress }: Context, { market }: AccountMarket, lease: TenantLease): Promise<void> {
  const state = await getLease(market, { lease: lease.terms })
  warnOfEnd(progress, { ...lease, stop: state.stop }, Math.max(nowSeconds(), state.timestamp))
  const low = await lowBalanceOf(market, lease, state)
  if (low !== undefined) progress.line(`${progress.paint('yellow', 'warning:')} ${lease.name}: ${low}`)
}

function appliedOf(
  { record, leases, httpStatus, stepsMs }: Omit<Deployed, 'choice' | 'asset'>,
  asset: MarketAsset,
): Omit<Applied, 'action'> {
  return { order: record.id, leases, httpStatus, stepsMs, asset }
}

/** Shows what happens, and what costs money although it failed. */
async function watched<Result>(
  { progress, signal }: Context,
  before: readonly TenantLease[],
  work: (options: Omit<UpOptions, 'auctionSeconds'>) => Promise<Result>,
): Promise<Result> {
  const shown = showUp(progress, before)
  try {
    return await work({ onEvent: shown.onEvent, signal })
  } catch (error) {
    for (const line of shown.leftovers()) progress.line(line)
    throw error
  } finally {
    progress.status(undefined)
  }
}
