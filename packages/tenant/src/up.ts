import {
  type BuildOrderParameters,
  buildOrder,
  formatAmount,
  InsufficientFundsError,
  manifestHash,
  marketDomain,
  mostCost,
  type Order,
  TenderError,
  UnreachableError,
} from '@tender/protocol'
import {
  getAsset,
  getAssets,
  getBalance,
  getMonitors,
  type MarketAsset,
  type MarketClient,
  signOrder,
} from '@tender/sdk'
import { type Address, bytesToBigInt } from 'viem'
import { holdAuction } from './auction.ts'
import { type Choice, chooseBids } from './choose.ts'
import { deliver, waitUntilRunning } from './deliver.ts'
import type { EarlierOrder } from './findEarlier.ts'
import { openLeases } from './match.ts'
import type { Plan } from './plan.ts'
import type { OrderRecord, ReceivedRecord, TenantLease } from './records.ts'
import type { Tenant } from './tenant.ts'

/** How long after its auction an order can still be matched: time to go on after a crash. */
const MATCH_SECONDS = 300

/** Whoever has reached nobody by then will not by waiting longer. */
const PEERS_TIMEOUT_MS = 10_000

/** What happens on the way, for whoever shows it. */
export type UpEvent =
  | { type: 'ordered'; record: OrderRecord; asset: MarketAsset }
  | { type: 'answer'; received: ReceivedRecord; asset: MarketAsset }
  | { type: 'chosen'; choice: Choice; asset: MarketAsset }
  | { type: 'matched'; leases: readonly TenantLease[]; asset: MarketAsset }
  | { type: 'sending'; sentBytes: number; totalBytes: number }
  | { type: 'waiting'; lease: TenantLease; waitingFor: string | undefined }
  | { type: 'running'; lease: TenantLease }
  | { type: 'ready'; lease: TenantLease; httpStatus: number | undefined }

/** How long each part took, in milliseconds. */
export type StepsMs = { sign: number; auction: number; match: number; manifest: number; start: number; ready: number }

export type Deployed = {
  record: OrderRecord
  choice: Choice
  leases: TenantLease[]
  asset: MarketAsset
  /** What the first HTTP request to the first lease was answered with; absent if nothing serves, or not in public. */
  httpStatus: number | undefined
  stepsMs: StepsMs
}

/** What an order asks beside what its file says. */
export type OrderTerms = Partial<Pick<Order, 'replicas' | 'previous' | 'handoverSeconds'>>

export type UpOptions = {
  auctionSeconds: number
  /**
   * How long the signature may take where a person gives it: the order's own auction ends so much later, since it is fixed before.
   * Bids are taken for `auctionSeconds` from the signature on. 0 unless told.
   */
  signSeconds?: number | undefined
  /** See {@link holdAuction}. */
  enoughAnswers?: number | undefined
  terms?: OrderTerms | undefined
  /** Asks a lease's URL and says its HTTP status, if that may be asked; absent where that cannot be seen, as in a page. */
  visit?: ((url: string, signal: AbortSignal) => Promise<number | undefined>) | undefined
  onEvent(event: UpEvent): void
  signal: AbortSignal
}

/** Of an auction whose order is signed. `endsAtMs`: unix milliseconds by this machine's clock. */
export type TakeOptions = Pick<UpOptions, 'enoughAnswers' | 'visit' | 'onEvent' | 'signal'> & { endsAtMs: number }

type BringUpOptions = Pick<UpOptions, 'visit' | 'onEvent' | 'signal'>

/** An order as a plan asks for it, not yet signed. @throws {TenderError} `unknownAsset` */
export async function orderOf(
  market: MarketClient,
  plan: Plan,
  { agent, auctionSeconds, terms }: { agent: Address; auctionSeconds: number; terms?: OrderTerms | undefined },
): Promise<Order> {
  const { account } = market
  if (!account) throw new TenderError('there is no account to order with', { code: 'noAccount', class: 'user' })
  const order = buildOrder({
    tender: plan.tender,
    brief: plan.manifest.brief,
    manifestHash: manifestHash(plan.manifest),
    tenant: account.address,
    agent,
    assets: await getAssets(market),
    verifier: await findVerifier(market),
    jobs: jobsOf(market),
    // Rounded up: the order's auction never ends before the tenant's own clock says so.
    now: Math.ceil(Date.now() / 1000),
    auctionSeconds,
    matchSeconds: MATCH_SECONDS,
    nonce: bytesToBigInt(crypto.getRandomValues(new Uint8Array(32))),
  })
  return { ...order, ...terms }
}

/** Where a market's jobs are resolved, and what its orders commit to their terms with. */
function jobsOf({ book: { chainId, contracts } }: MarketClient): BuildOrderParameters['jobs'] {
  return { contract: contracts.jobs, domain: marketDomain({ chainId, orderBook: contracts.orderBook }) }
}

/** Who says what a lease served; nobody while no monitor counts, or soon will. */
async function findVerifier(market: MarketClient): Promise<Address | undefined> {
  const monitors = await getMonitors(market)
  return monitors.some(({ weight, nextWeight }) => weight > 0 || nextWeight > 0)
    ? market.book.contracts.eraReports
    : undefined
}

/**
 * The whole way of an order: signed, gossiped, bid for, matched, delivered, running, answering. Each step is recorded before
 * the next, see {@link resumeOrder}.
 *
 * @throws {InsufficientFundsError} before anything is signed; {NoBidsError} with each provider's reason
 */
export async function up(tenant: Tenant, plan: Plan, options: UpOptions): Promise<Deployed> {
  const { onEvent, signal } = options
  await untilHeard(tenant, signal)
  const clock = stopwatch()
  const { market, node } = tenant
  const { signSeconds = 0, terms } = options
  const auctionSeconds = options.auctionSeconds + signSeconds
  const order = await orderOf(market, plan, { agent: node.address, auctionSeconds, terms })
  const asset = await getAsset(tenant.market, { asset: order.asset })
  await checkFunds(market, order, asset)
  const record = await placeOrder(tenant, plan, order)
  onEvent({ type: 'ordered', record, asset })
  const endsAtMs = Date.now() + options.auctionSeconds * 1000
  return takeBids(tenant, { record, asset, plan }, { ...options, endsAtMs }, clock)
}

/**
 * Goes on with an order whose auction was cut off, see `OrderRecord.answers`: takes bids until `endsAtMs`, if that is still to come,
 * with those that came before, then does all that `up` does after its auction.
 *
 * @throws {NoBidsError} with each provider's reason
 */
export async function resumeAuction(
  tenant: Tenant,
  record: OrderRecord,
  plan: Pick<Plan, 'secretSources'>,
  options: TakeOptions,
): Promise<Deployed> {
  await untilHeard(tenant, options.signal)
  const asset = await getAsset(tenant.market, { asset: record.order.asset })
  return takeBids(tenant, { record, asset, plan }, options, stopwatch())
}

async function takeBids(
  tenant: Tenant,
  { record, asset, plan }: { record: OrderRecord; asset: MarketAsset; plan: Pick<Plan, 'secretSources'> },
  options: TakeOptions,
  clock: Stopwatch,
): Promise<Deployed> {
  const { onEvent, signal } = options
  const sign = clock.lap()
  const onAnswer = (received: ReceivedRecord) => onEvent({ type: 'answer', received, asset })
  const isOver = Date.now() >= options.endsAtMs
  const answered = isOver ? record : await holdAuction(tenant, record, { ...options, onAnswer, signal })
  const choice = await chooseBids(tenant, answered)
  onEvent({ type: 'chosen', choice, asset })
  const auction = clock.lap()

  const leases = await openLeases(tenant, answered, choice)
  onEvent({ type: 'matched', leases, asset })
  const matched = clock.lap()
  return {
    choice,
    asset,
    ...(await bringUp(tenant, { record: answered, leases, plan }, options, { sign, auction, match: matched }, clock)),
  }
}

type Stopwatch = { lap(): number }

type Opened = { record: OrderRecord; leases: readonly TenantLease[]; plan: Pick<Plan, 'secretSources'> }

async function bringUp(
  tenant: Tenant,
  { record, leases, plan: { secretSources } }: Opened,
  { visit, onEvent, signal }: BringUpOptions,
  before: Pick<StepsMs, 'sign' | 'auction' | 'match'>,
  clock: Stopwatch,
): Promise<Pick<Deployed, 'record' | 'leases' | 'httpStatus' | 'stepsMs'>> {
  const onProgress = (progress: { sentBytes: number; totalBytes: number }) => onEvent({ type: 'sending', ...progress })
  const delivery = { manifest: record.manifest, files: record.files, secretSources }
  const delivered = await Promise.all(leases.map((lease) => deliver(tenant, delivery, lease, onProgress, signal)))
  const manifest = clock.lap()
  for (const lease of delivered) {
    await waitUntilRunning(tenant, lease, signal, ({ waitingFor }) => onEvent({ type: 'waiting', lease, waitingFor }))
    onEvent({ type: 'running', lease })
  }
  const start = clock.lap()
  const statuses = await Promise.all(
    delivered.map(async (lease) => {
      const httpStatus = lease.url === undefined ? undefined : await visit?.(lease.url, signal)
      onEvent({ type: 'ready', lease, httpStatus })
      return httpStatus
    }),
  )
  const stepsMs = { ...before, manifest, start, ready: clock.lap() }
  return { record, leases: delivered, httpStatus: statuses[0], stepsMs }
}

/**
 * Goes on with an order that an earlier process left unfinished, see `findEarlier`: opens its leases unless that is done,
 * sends the manifest again, waits. Nothing of it happens twice.
 */
export async function resumeOrder(
  tenant: Tenant,
  { record, leases }: EarlierOrder,
  plan: Pick<Plan, 'secretSources'>,
  options: BringUpOptions,
): Promise<Pick<Deployed, 'record' | 'leases' | 'httpStatus' | 'stepsMs'>> {
  const clock = stopwatch()
  const opened = leases.length > 0 ? leases : await matchAgain(tenant, record, options)
  return bringUp(tenant, { record, leases: opened, plan }, options, { sign: 0, auction: 0, match: clock.lap() }, clock)
}

async function matchAgain(tenant: Tenant, record: OrderRecord, { onEvent }: Pick<UpOptions, 'onEvent'>) {
  const leases = await openLeases(tenant, record, await chooseBids(tenant, record))
  onEvent({ type: 'matched', leases, asset: await getAsset(tenant.market, { asset: record.order.asset }) })
  return leases
}

/** An auction runs from the moment it is signed, so somebody has to listen before. */
export async function untilHeard({ node }: Tenant, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(PEERS_TIMEOUT_MS)
  try {
    await node.orders.ready({ signal: AbortSignal.any([signal, deadline]) })
  } catch (cause) {
    signal.throwIfAborted()
    throw new UnreachableError('no peer of this market can be reached', {
      hint: 'Is the market running? Its first peers stand in the market profile.',
      cause,
    })
  }
}

/** Signs an order and records it: from now on it can be gone on with. */
export async function placeOrder(tenant: Tenant, plan: Plan, order: Order): Promise<OrderRecord> {
  const { hash, signature } = await signOrder(tenant.market, { order })
  const { name, composeFile, manifest, files } = plan
  // CAST: an order as built has the record's shape, but for `readonly`
  const record = {
    version: 1,
    id: hash,
    name,
    placedAtMs: Date.now(),
    composeFile,
    order,
    signature,
    manifest,
    files,
    answers: [],
    leases: [],
    matching: false,
  } as OrderRecord
  await tenant.records.orders.put(hash, record)
  return record
}

/** @throws {InsufficientFundsError} with what is missing and how to deposit it */
export async function checkFunds(
  market: MarketClient,
  order: Order,
  asset: MarketAsset,
  needed = mostCost(order),
): Promise<void> {
  const { deposited } = await getBalance(market, { account: order.tenant, asset: order.asset })
  if (deposited >= needed) return
  const missing = formatAmount(needed - deposited, asset)
  throw new InsufficientFundsError(
    `this can cost ${formatAmount(needed, asset)}, the balance is ${formatAmount(deposited, asset)}: ${missing} are missing`,
    { needed, available: deposited, hint: `Deposit them with \`tender deposit "${missing}"\`.` },
  )
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
