import { setTimeout as sleep } from 'node:timers/promises'
import { countryCode, deposit, failureClass, levelOf, owed, TimedOutError, WORST_LEVEL } from '@tender/protocol'
import {
  type GetPenaltiesParameters,
  getBalance,
  getChainTime,
  getLease,
  getNextReport,
  getPenalties,
  getReport,
  type MarketAsset,
  type MarketClient,
  settleServedLease,
} from '@tender/sdk'
import {
  type Deployed,
  type JudgedBid,
  type MonitorPeers,
  type Plan,
  provenLeaves,
  type StepsMs,
  type Tenant,
  type UpEvent,
  up,
} from '@tender/tenant'
import type { Address, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { withMonitors } from '../monitors/withMonitors.ts'
import { fetchWorkload } from '../tenant/fetchWorkload.ts'
import { visitor } from '../tenant/visit.ts'
import type { EmbeddedMarket } from './startEmbeddedMarket.ts'

/** Of the demo's market: an era passes while one reads a line. */
export const DEMO_ERA_SECONDS = 6

/** Requests that the workload answers while its time runs. */
const REQUESTS = 20

/** The provider fails once it has earned this level: from there one failure always costs a level. */
const TRUSTED_LEVEL = 3

/** Eras after which it fails even if it has not. */
const MOST_GOOD_ERAS = 20

/** Ends earlier, once all providers have answered; a busy machine may take its time. */
const AUCTION_SECONDS = 20
const ASK_EVERY_MS = 100
const STEP_TIMEOUT_MS = 120_000

/** What the monitors' report of one era says of the lease and of its provider. */
export type DemoEra = {
  era: bigint
  /** Since the lease's start. */
  servedSeconds: number
  /** What the provider owes the tenant for eras below its promise, stake tokens' smallest units. */
  credit: bigint
  /** What its provider lost by vanishing, the same units. */
  slashed: bigint
  score: number
  level: number
}

/** What the demo showed. Amounts in the asset's smallest unit unless they say otherwise. */
export type DemoResult = {
  bids: { provider: bigint; price: bigint; level: number; country: string; score: bigint }[]
  winner: bigint
  leaseId: Hex
  url: string
  httpStatus: number
  stepsMs: StepsMs
  /** Requests answered with 200, of {@link REQUESTS}. */
  answered: number
  /** Each era's report while the lease ran; the last one covers its end. */
  eras: DemoEra[]
  /** From the provider's failure to the lease's end on the chain, by the monitors. */
  detectionMs: number
  /** From the lease's start to its end. */
  seconds: number
  rate: bigint
  /** By the tenant, for the whole lease: to the provider and, within it, the market's fee. */
  paid: bigint
  fee: bigint
  /** What `rate × served / 3600` gives, rounded down. */
  expected: bigint
  /** Of what the lease was opened with. */
  refunded: bigint
  /** Taken from the provider's stake for the tenant, stake tokens' smallest units. */
  credited: bigint
  /** And because it vanished, for nobody; the same units. */
  slashed: bigint
  /** The escrow's tokens are exactly the balances of all who took part. */
  conserved: boolean
  asset: MarketAsset
}

export type DemoEvent =
  | UpEvent
  | { type: 'served'; answered: number }
  | { type: 'reported'; era: DemoEra; provider: bigint; asset: MarketAsset; rate: bigint }
  | { type: 'failed'; provider: bigint }
  | { type: 'ended'; afterMs: number; refunded: bigint; asset: MarketAsset }

export type DemoOptions = { plan: Plan; onEvent(event: DemoEvent): void; signal: AbortSignal }

/** What the whole demo works with, once the lease runs. */
type Scene = DemoOptions & {
  market: EmbeddedMarket
  tenant: Tenant
  monitors: MonitorPeers
  lease: { leaseId: Hex; rate: bigint; provider: bigint }
  asset: MarketAsset
}

/**
 * The whole story of one lease, with real money of a play chain: order, auction, match, service that monitors verify and that is
 * paid era by era; then its provider fails, the monitors notice, the tenant gets its money and a credit, and trust falls.
 */
export async function runDemo(market: EmbeddedMarket, tenant: Tenant, options: DemoOptions): Promise<DemoResult> {
  const { plan, onEvent, signal } = options
  const before = await ledger(tenant.market, market)
  const enoughAnswers = market.providers.length
  const deployed = await up(tenant, plan, {
    visit: visitor(market),
    auctionSeconds: AUCTION_SECONDS,
    enoughAnswers,
    onEvent,
    signal,
  })
  const { lease, url } = servingLease(deployed)
  const answered = await useWorkload(url, signal)
  onEvent({ type: 'served', answered })

  const opened = { market: tenant.market, profile: { bootstrap: market.bootstrap } }
  const told = await withMonitors({ signal }, opened, (monitors) => {
    const { leaseId, terms } = lease
    const { rate, provider } = terms
    return playFailure({
      ...options,
      market,
      tenant,
      monitors,
      lease: { leaseId, rate, provider },
      asset: deployed.asset,
    })
  })
  const after = await ledger(tenant.market, market)
  const paid = before.tenant - after.tenant
  return {
    ...auctionOf(deployed),
    leaseId: lease.leaseId,
    url,
    httpStatus: deployed.httpStatus ?? 0,
    stepsMs: deployed.stepsMs,
    answered,
    ...told,
    rate: lease.terms.rate,
    paid,
    fee: after.fees - before.fees,
    expected: owed(lease.terms.rate, told.eras.at(-1)?.servedSeconds ?? 0),
    refunded: deposited(deployed) - paid,
    conserved: after.tokens === after.sum && before.sum === after.sum,
    asset: deployed.asset,
  }
}

type Told = Pick<DemoResult, 'eras' | 'detectionMs' | 'seconds' | 'credited' | 'slashed'>

async function playFailure(scene: Scene): Promise<Told> {
  const { market, tenant, lease, onEvent, signal, asset } = scene
  const eras = await untilTrusted(scene)
  const failing = market.providers.find(({ provider }) => provider.id === lease.provider)
  const { end } = await getLease(tenant.market, { lease: lease.leaseId })
  await failing?.provider.suspend()
  const failedAt = performance.now()
  onEvent({ type: 'failed', provider: lease.provider })

  const ended = await until('the end of the lease', signal, async () => {
    const state = await getLease(tenant.market, { lease: lease.leaseId })
    return state.closedAt === undefined ? undefined : state
  })
  const detectionMs = Math.round(performance.now() - failedAt)
  onEvent({ type: 'ended', afterMs: detectionMs, refunded: deposit(lease.rate, end - ended.stop), asset })

  // A report says what the chain said when its era ended: the one that judges the failure covers the end's transaction too.
  const { timestamp } = await getChainTime(tenant.market)
  const judged = await untilCovered(scene, eras.at(-1)?.era ?? 0n, timestamp)
  await settleServedLease(tenant.market, { lease: lease.leaseId, proven: await provenServed(scene, judged) })
  const last = judged.at(-1)
  const credited = await untilApplied(scene, { lease: lease.leaseId }, last?.credit ?? 0n)
  const slashed = await untilApplied(scene, { provider: lease.provider }, last?.slashed ?? 0n)
  return { eras: [...eras, ...judged], detectionMs, seconds: ended.stop - ended.terms.start, credited, slashed }
}

/** The monitors carry out what they reported. */
function untilApplied({ tenant, signal }: Scene, whose: GetPenaltiesParameters, amount: bigint): Promise<bigint> {
  return until('what the report says is owed', signal, async () => {
    const { applied } = await getPenalties(tenant.market, whose)
    return applied < amount ? undefined : applied
  })
}

/** Reports are told as they become effective, until the provider is trusted. */
async function untilTrusted(scene: Scene): Promise<DemoEra[]> {
  const { lastEra } = await getNextReport(scene.tenant.market)
  const eras: DemoEra[] = []
  while (eras.length < MOST_GOOD_ERAS && (eras.at(-1)?.level ?? WORST_LEVEL) > TRUSTED_LEVEL) {
    eras.push(await nextEra(scene, eras.at(-1)?.era ?? lastEra))
  }
  return eras
}

async function untilCovered(scene: Scene, last: bigint, time: number): Promise<DemoEra[]> {
  const eras: DemoEra[] = []
  for (let covered = 0; covered < time; ) {
    const next = await nextEra(scene, eras.at(-1)?.era ?? last)
    eras.push(next)
    covered = (await getReport(scene.tenant.market, { era: next.era }))?.coveredUntil ?? 0
  }
  return eras
}

/** The first report after `last` that mentions the lease, once it is effective. */
async function nextEra({ tenant, monitors, lease, onEvent, signal, asset }: Scene, last: bigint): Promise<DemoEra> {
  const { market } = tenant
  for (let era = last + 1n; ; era++) {
    const { leaves } = await until("the next era's report", signal, async () => {
      if (!(await getReport(market, { era }))?.effective) return undefined
      return provenLeaves(monitors, market, { leases: [lease.leaseId] }, era)
    })
    const served = leaves.find(({ leaf }) => leaf.kind === 'lease')?.leaf
    if (served?.kind !== 'lease') continue
    const credit = leaves.find(({ leaf }) => leaf.kind === 'credit')?.leaf
    const standing = await provenLeaves(monitors, market, { provider: lease.provider }, era)
    const [provider] = standing.leaves.map(({ leaf }) => leaf)
    if (provider?.kind !== 'provider') throw new TypeError('a provider with leases is mentioned')
    const { score, slashed } = provider
    const told = {
      era,
      servedSeconds: served.served,
      credit: credit?.kind === 'credit' ? credit.amount : 0n,
      slashed,
      score,
      level: levelOf(score),
    }
    onEvent({ type: 'reported', era: told, provider: lease.provider, asset, rate: lease.rate })
    return told
  }
}

async function provenServed({ tenant, monitors, lease }: Scene, judged: readonly DemoEra[]) {
  const { era, leaves } = await provenLeaves(monitors, tenant.market, { leases: [lease.leaseId] }, judged.at(-1)?.era)
  const found = leaves.find(({ leaf }) => leaf.kind === 'lease')
  if (found?.leaf.kind !== 'lease') throw new TypeError('the report that covers its end mentions the lease')
  return { era, served: found.leaf.served, proof: found.proof }
}

/** Asks until there is an answer. What cannot be reached now may be in a moment. */
async function until<Answer>(
  what: string,
  signal: AbortSignal,
  ask: () => Promise<Answer | undefined>,
): Promise<Answer> {
  const deadline = performance.now() + STEP_TIMEOUT_MS
  while (performance.now() < deadline) {
    const answer = await ask().catch((error: unknown) => {
      // A monitor knows of a report a moment after the chain does.
      if (failureClass(error) !== 'network' && failureClass(error) !== 'notFound') throw error
    })
    if (answer !== undefined) return answer
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
  throw new TimedOutError(what, { limitMs: STEP_TIMEOUT_MS })
}

function servingLease({ leases }: Deployed) {
  const [lease] = leases
  if (lease?.url === undefined) throw new TypeError('the demo needs a workload that serves')
  return { lease, url: lease.url }
}

async function useWorkload(url: string, signal: AbortSignal): Promise<number> {
  let answered = 0
  for (let count = 0; count < REQUESTS; count++) if ((await fetchWorkload(url, signal)).status === 200) answered++
  return answered
}

/** Whatever the escrow owes to anybody, and what it has. */
async function ledger(market: MarketClient, { providers, book }: EmbeddedMarket) {
  const [asset] = book.assets
  const tenantAddress = market.account?.address
  if (!asset || !tenantAddress) throw new TypeError('the embedded market has an asset and a tenant')
  const balance = async (account: Address) => (await getBalance(market, { account, asset })).deposited
  const payouts = providers.map(({ role }) => privateKeyToAccount(role.ownerKey).address)
  const [tenant, fees, orderBook, ...earned] = await Promise.all(
    [tenantAddress, book.contracts.rewards, book.contracts.orderBook, ...payouts].map(balance),
  )
  const { wallet: tokens } = await getBalance(market, { account: book.contracts.leaseEscrow, asset })
  return { tenant: tenant ?? 0n, fees: fees ?? 0n, tokens, sum: [tenant, fees, orderBook, ...earned].reduce(add, 0n) }
}

function add(sum: bigint, amount: bigint | undefined): bigint {
  return sum + (amount ?? 0n)
}

function deposited({ record, leases }: Deployed): bigint {
  return leases.reduce((sum, { terms }) => sum + deposit(terms.rate, record.order.duration), 0n)
}

function auctionOf({ choice: { chosen, spares, disqualified } }: Deployed): Pick<DemoResult, 'bids' | 'winner'> {
  const bids = [...chosen, ...spares, ...disqualified]
  const [winner] = bids
  if (!winner) throw new TypeError('a deployed order has a winner')
  return { bids: bids.map(bidOf), winner: winner.provider }
}

function bidOf({ provider, offer, level, country, score }: JudgedBid): DemoResult['bids'][number] {
  return { provider, price: offer.price, level, country: countryCode(country), score }
}
