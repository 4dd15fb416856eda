import { setTimeout as sleep } from 'node:timers/promises'
import { countryCode, deposit, owed, TimedOutError } from '@tender/protocol'
import { closeLease, getBalance, getLease, type Lease, type MarketAsset, type MarketClient } from '@tender/sdk'
import type { Address, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { JudgedBid } from '../tenant/choose.ts'
import { fetchWorkload } from '../tenant/fetchWorkload.ts'
import type { Plan } from '../tenant/plan.ts'
import type { Tenant } from '../tenant/tenant.ts'
import { type Deployed, type StepsMs, type UpEvent, up } from '../tenant/up.ts'
import type { EmbeddedMarket } from './startEmbeddedMarket.ts'

/** How far the demo turns the chain's clock forward, so that its amounts can be read without a magnifier. */
export const PASSING_SECONDS = 20 * 60

/** Requests that the workload answers while its time runs. */
const REQUESTS = 20

/** Ends earlier, once all providers have answered; a busy machine may take its time. */
const AUCTION_SECONDS = 20
const SETTLE_TIMEOUT_MS = 30_000
const ASK_EVERY_MS = 50

/** What the demo showed. Amounts in the asset's smallest unit. */
export type DemoResult = {
  bids: { provider: bigint; price: bigint; level: number; country: string; score: bigint }[]
  winner: bigint
  leaseId: Hex
  url: string
  httpStatus: number
  stepsMs: StepsMs
  /** Requests answered with 200, of {@link REQUESTS}. */
  answered: number
  seconds: number
  rate: bigint
  /** By the tenant, for the whole lease: to the provider and, within it, the market's fee. */
  paid: bigint
  fee: bigint
  /** What `rate × seconds / 3600` gives, rounded down. */
  expected: bigint
  /** Of what the lease was opened with. */
  refunded: bigint
  /** The escrow's tokens are exactly the balances of all who took part. */
  conserved: boolean
  asset: MarketAsset
}

export type DemoEvent =
  | UpEvent
  | { type: 'served'; answered: number }
  | { type: 'passed' }
  | { type: 'closed'; lease: Lease }

export type DemoOptions = { plan: Plan; onEvent(event: DemoEvent): void; signal: AbortSignal }

/** The whole story of one lease, with real money of a play chain: order, auction, match, service, settlement, refund. */
export async function runDemo(
  market: EmbeddedMarket,
  tenant: Tenant,
  { plan, onEvent, signal }: DemoOptions,
): Promise<DemoResult> {
  const before = await ledger(tenant.market, market)
  const enoughAnswers = market.providers.length
  const deployed = await up(tenant, plan, { auctionSeconds: AUCTION_SECONDS, enoughAnswers, onEvent, signal })
  const { lease, url } = servingLease(deployed)
  const answered = await useWorkload(url, signal)
  onEvent({ type: 'served', answered })

  await passTime(tenant.market)
  onEvent({ type: 'passed' })
  await closeLease(tenant.market, { lease: lease.terms })
  const closed = await waitUntilResolved(tenant.market, lease.leaseId, signal)
  onEvent({ type: 'closed', lease: closed })

  const after = await ledger(tenant.market, market)
  const seconds = closed.stop - lease.terms.start
  const paid = before.tenant - after.tenant
  return {
    ...auctionOf(deployed),
    leaseId: lease.leaseId,
    url,
    httpStatus: deployed.httpStatus ?? 0,
    stepsMs: deployed.stepsMs,
    answered,
    seconds,
    rate: lease.terms.rate,
    paid,
    fee: after.fees - before.fees,
    expected: owed(lease.terms.rate, seconds),
    refunded: deposited(deployed) - paid,
    conserved: after.tokens === after.sum && before.sum === after.sum,
    asset: deployed.asset,
  }
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

/** Only a local chain lets its clock be turned. */
async function passTime({ rpc }: MarketClient): Promise<void> {
  const { number } = await rpc.getBlock()
  // CAST: anvil's own methods are not among those of every node that viem knows
  const request = rpc.request as (call: { method: string; params: readonly unknown[] }) => Promise<unknown>
  await request({ method: 'evm_increaseTime', params: [PASSING_SECONDS] })
  await request({ method: 'anvil_mine', params: ['0x1'] })
  if ((await rpc.getBlockNumber()) <= number) throw new TypeError('the chain did not mine')
}

/** The provider settles what was closed by itself. */
async function waitUntilResolved(market: MarketClient, leaseId: Hex, signal: AbortSignal): Promise<Lease> {
  const deadline = Date.now() + SETTLE_TIMEOUT_MS
  while (Date.now() < deadline) {
    const lease = await getLease(market, { lease: leaseId })
    if (lease.status === 'resolved') return lease
    await sleep(ASK_EVERY_MS, undefined, { signal })
  }
  throw new TimedOutError('the last settlement', { limitMs: SETTLE_TIMEOUT_MS })
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
