import { randomBytes } from 'node:crypto'
import {
  buildOrder,
  formatAmount,
  InsufficientFundsError,
  manifestHash,
  mostCost,
  NoBidsError,
  type Order,
  TenderError,
} from '@tender/protocol'
import { getAsset, getAssets, getBalance, type MarketAsset, matchOrder, signOrder } from '@tender/sdk'
import { bytesToBigInt } from 'viem'
import { holdAuction } from './auction.ts'
import { type Choice, chooseBids, type JudgedBid } from './choose.ts'
import { deliver, waitUntilRunning } from './deliver.ts'
import { fetchWorkload } from './fetchWorkload.ts'
import type { Plan } from './plan.ts'
import type { OrderRecord, ReceivedRecord, TenantLease } from './records.ts'
import { nowSeconds, type Tenant } from './tenant.ts'

/** How long after its auction an order can still be matched: time to go on after a crash. */
const MATCH_SECONDS = 300

/** The chain counts whole seconds, so an auction has at least one. */
const LEAST_AUCTION_SECONDS = 1

/** What happens on the way, for whoever shows it. */
export type UpEvent =
  | { type: 'ordered'; record: OrderRecord; asset: MarketAsset }
  | { type: 'answer'; received: ReceivedRecord; asset: MarketAsset }
  | { type: 'chosen'; choice: Choice; asset: MarketAsset }
  | { type: 'matched'; leases: readonly TenantLease[]; asset: MarketAsset }
  | { type: 'sending'; sentBytes: number; totalBytes: number }
  | { type: 'running'; lease: TenantLease }
  | { type: 'ready'; lease: TenantLease; httpStatus: number | undefined }

/** How long each part took, in milliseconds. */
export type StepsMs = { sign: number; auction: number; match: number; manifest: number; start: number; ready: number }

export type Deployed = {
  record: OrderRecord
  choice: Choice
  leases: TenantLease[]
  asset: MarketAsset
  /** What the first HTTP request to the first lease was answered with; absent if nothing serves. */
  httpStatus: number | undefined
  stepsMs: StepsMs
}

export type UpOptions = {
  auctionSeconds: number
  onEvent(event: UpEvent): void
  signal: AbortSignal
}

/** An order as a plan asks for it, not yet signed. @throws {TenderError} `unknownAsset` */
export async function orderOf({ market, node }: Tenant, plan: Plan, auctionSeconds: number): Promise<Order> {
  const { account } = market
  if (!account) throw new TenderError('there is no account to order with', { code: 'noAccount', class: 'user' })
  return buildOrder({
    tender: plan.tender,
    brief: plan.manifest.brief,
    manifestHash: manifestHash(plan.manifest),
    tenant: account.address,
    agent: node.address,
    assets: await getAssets(market),
    now: nowSeconds(),
    auctionSeconds: Math.max(LEAST_AUCTION_SECONDS, auctionSeconds),
    matchSeconds: MATCH_SECONDS,
    nonce: bytesToBigInt(randomBytes(32)),
  })
}

/**
 * The whole way of an order: signed, gossiped, bid for, matched, delivered, running, answering. Each step is recorded before
 * the next, see {@link resumeOrder}.
 *
 * @throws {InsufficientFundsError} before anything is signed; {NoBidsError} with each provider's reason
 */
export async function up(tenant: Tenant, plan: Plan, options: UpOptions): Promise<Deployed> {
  const { onEvent, signal } = options
  const clock = stopwatch()
  const order = await orderOf(tenant, plan, options.auctionSeconds)
  const asset = await getAsset(tenant.market, { asset: order.asset })
  await checkFunds(tenant, order, asset)
  const record = await placeOrder(tenant, plan, order)
  onEvent({ type: 'ordered', record, asset })
  const sign = clock.lap()

  const answered = await holdAuction(tenant, record, {
    endsAtMs: Date.now() + options.auctionSeconds * 1000,
    onAnswer: (received) => onEvent({ type: 'answer', received, asset }),
    signal,
  })
  const choice = await chooseBids(tenant, answered)
  onEvent({ type: 'chosen', choice, asset })
  const auction = clock.lap()

  const leases = await match(tenant, answered, choice)
  onEvent({ type: 'matched', leases, asset })
  const matched = clock.lap()
  return {
    choice,
    asset,
    ...(await bringUp(tenant, answered, leases, options, { sign, auction, match: matched }, clock)),
  }
}

type Stopwatch = { lap(): number }

async function bringUp(
  tenant: Tenant,
  record: OrderRecord,
  leases: readonly TenantLease[],
  { onEvent, signal }: Pick<UpOptions, 'onEvent' | 'signal'>,
  before: Pick<StepsMs, 'sign' | 'auction' | 'match'>,
  clock: Stopwatch,
): Promise<Pick<Deployed, 'record' | 'leases' | 'httpStatus' | 'stepsMs'>> {
  const onProgress = (progress: { sentBytes: number; totalBytes: number }) => onEvent({ type: 'sending', ...progress })
  const delivered = await Promise.all(leases.map((lease) => deliver(tenant, record, lease, onProgress, signal)))
  const manifest = clock.lap()
  for (const lease of delivered) {
    await waitUntilRunning(tenant, lease, signal)
    onEvent({ type: 'running', lease })
  }
  const start = clock.lap()
  const statuses = await Promise.all(
    delivered.map(async (lease) => {
      const httpStatus = lease.url === undefined ? undefined : (await fetchWorkload(lease.url, signal)).status
      onEvent({ type: 'ready', lease, httpStatus })
      return httpStatus
    }),
  )
  const stepsMs = { ...before, manifest, start, ready: clock.lap() }
  return { record, leases: delivered, httpStatus: statuses[0], stepsMs }
}

/** Goes on with an order whose leases are open: sends the manifest again and waits. */
export async function resumeOrder(
  tenant: Tenant,
  record: OrderRecord,
  options: Pick<UpOptions, 'onEvent' | 'signal'>,
): Promise<Pick<Deployed, 'record' | 'leases' | 'httpStatus' | 'stepsMs'>> {
  const leases = await Promise.all(record.leases.map((id) => tenant.records.leases.find(id)))
  return bringUp(tenant, record, leases, options, { sign: 0, auction: 0, match: 0 }, stopwatch())
}

async function placeOrder(tenant: Tenant, plan: Plan, order: Order): Promise<OrderRecord> {
  const { hash, signature } = await signOrder(tenant.market, { order })
  const { name, composeFile, manifest, files } = plan
  // CAST: an order as built has the record's shape, but for `readonly`
  const record = {
    version: 1,
    id: hash,
    name,
    composeFile,
    order,
    signature,
    manifest,
    files,
    answers: [],
    leases: [],
  } as OrderRecord
  await tenant.records.orders.put(hash, record)
  return record
}

async function checkFunds({ market }: Tenant, order: Order, asset: MarketAsset): Promise<void> {
  const needed = mostCost(order)
  const { deposited } = await getBalance(market, { account: order.tenant, asset: order.asset })
  if (deposited >= needed) return
  const missing = formatAmount(needed - deposited, asset)
  throw new InsufficientFundsError(
    `this can cost ${formatAmount(needed, asset)}, the balance is ${formatAmount(deposited, asset)}: ${missing} are missing`,
    { needed, available: deposited, hint: `Deposit them with \`tender deposit "${missing}"\`.` },
  )
}

/** Opens the leases. Recorded twice, by order and by lease, so that either finds the other. */
async function match(tenant: Tenant, record: OrderRecord, { chosen, spares, ...rest }: Choice): Promise<TenantLease[]> {
  const { order } = record
  if (chosen.length < order.replicas) throw noBids(order, chosen, rest)
  const { leases } = await matchOrder(tenant.market, { order, offers: [...chosen, ...spares] })
  const records = leases.map(({ leaseId, terms }): TenantLease => {
    const answer = record.answers.find(({ provider }) => provider === terms.provider)
    if (!answer)
      throw new TenderError('a lease of a provider that did not bid', { code: 'strangeLease', class: 'internal' })
    return { version: 1, leaseId, name: record.name, terms, provider: answer.from }
  })
  for (const lease of records) await tenant.records.leases.put(lease.leaseId, lease)
  await tenant.records.orders.put(record.id, { ...record, leases: records.map(({ leaseId }) => leaseId) })
  return records
}

function noBids(
  order: Order,
  chosen: readonly JudgedBid[],
  { disqualified, declined }: Omit<Choice, 'chosen' | 'spares'>,
) {
  const reasons = [...disqualified.map(({ provider, broken }) => ({ provider, reasons: broken })), ...declined].map(
    ({ provider, reasons }) => ({ provider: provider.toString(), reason: reasons.map(words).join('; ') }),
  )
  const lines = reasons.map(({ provider, reason }) => `  provider ${provider}: ${reason}`)
  const what = chosen.length === 0 ? 'nobody bid' : `only ${chosen.length} of ${order.replicas} replicas were bid for`
  return new NoBidsError([what, ...(lines.length > 0 ? lines : ['  no provider answered'])].join('\n'), reasons, {
    hint: 'Raise max-price, ask for less, or give the auction more time.',
  })
}

function words({
  message,
  asked,
  possible,
}: {
  message: string
  asked?: string | undefined
  possible?: string | undefined
}) {
  if (asked === undefined) return message
  return possible === undefined ? `${message} (asked ${asked})` : `${message} (asked ${asked}, possible ${possible})`
}

function stopwatch(): Stopwatch {
  let last = performance.now()
  return {
    lap() {
      const now = performance.now()
      const ms = Math.round(now - last)
      last = now
      return ms
    },
  }
}
