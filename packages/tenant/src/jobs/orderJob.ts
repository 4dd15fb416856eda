import { kinds, mostJobCost } from '@tender/protocol'
import { getAsset, getLease, type MarketAsset, type MarketClient } from '@tender/sdk'
import type { Address } from 'viem'
import { holdAuction } from '../auction.ts'
import { type Choice, chooseBids } from '../choose.ts'
import { canBeMatched, type EarlierOrder } from '../findEarlier.ts'
import { ifKnown } from '../ifKnown.ts'
import { findOpened, openLeases } from '../match.ts'
import type { OrderRecord, ReceivedRecord, TenantLease } from '../records.ts'
import type { Tenant } from '../tenant.ts'
import { checkFunds, orderOf, placeOrder, untilHeard } from '../up.ts'
import { termsOfPlan } from './estimate.ts'
import type { JobPlan } from './planJob.ts'

/** What happens until a job's leases are opened. */
export type JobOrderEvent =
  | { type: 'ordered'; record: OrderRecord; asset: MarketAsset }
  | { type: 'answer'; received: ReceivedRecord; asset: MarketAsset }
  | { type: 'chosen'; choice: Choice; asset: MarketAsset }
  | { type: 'matched'; leases: readonly TenantLease[]; asset: MarketAsset }

export type OrderJobOptions = {
  auctionSeconds: number
  /** See `holdAuction`. */
  enoughAnswers?: number | undefined
  onEvent(event: JobOrderEvent): void
  signal: AbortSignal
}

/** A job whose leases are open. */
export type OpenedJob = { record: OrderRecord; leases: TenantLease[]; asset: MarketAsset }

/**
 * Orders a job: signs, takes bids, opens a lease for each replica. Each step is recorded before the next, see {@link findEarlierJob}.
 *
 * @throws {InsufficientFundsError} before anything is signed; {NoBidsError} with each provider's reason
 */
export async function orderJob(tenant: Tenant, plan: JobPlan, options: OrderJobOptions): Promise<OpenedJob> {
  const { market, node } = tenant
  const { onEvent, signal, auctionSeconds, enoughAnswers } = options
  await untilHeard(tenant, signal)
  const order = await orderOf(market, plan, { agent: node.address, auctionSeconds })
  const asset = await getAsset(market, { asset: order.asset })
  await checkFunds(market, order, asset, mostJobCost(order, termsOfPlan(plan)))
  const record = await placeOrder(tenant, plan, order)
  onEvent({ type: 'ordered', record, asset })
  const answered = await holdAuction(tenant, record, {
    endsAtMs: Date.now() + auctionSeconds * 1000,
    enoughAnswers,
    onAnswer: (received) => onEvent({ type: 'answer', received, asset }),
    signal,
  })
  return open(tenant, answered, asset, onEvent)
}

/** Opens the leases of an order whose match was cut off. Nothing of it happens twice. */
export async function matchJob(
  tenant: Tenant,
  record: OrderRecord,
  { onEvent }: Pick<OrderJobOptions, 'onEvent'>,
): Promise<OpenedJob> {
  return open(tenant, record, await getAsset(tenant.market, { asset: record.order.asset }), onEvent)
}

async function open(
  tenant: Tenant,
  record: OrderRecord,
  asset: MarketAsset,
  onEvent: OrderJobOptions['onEvent'],
): Promise<OpenedJob> {
  const choice = await chooseBids(tenant, record)
  onEvent({ type: 'chosen', choice, asset })
  const leases = await openLeases(tenant, record, choice)
  onEvent({ type: 'matched', leases, asset })
  return { record, leases: leases.sort(byPlace), asset }
}

const byPlace = (a: TenantLease, b: TenantLease) => a.terms.index - b.terms.index

/**
 * The latest job of a Compose file that an earlier process left unfinished; `undefined` if there is none. Without leases: its match
 * was about to be sent.
 *
 * @param composeFile absolute path
 */
export async function findEarlierJob(
  tenant: Pick<Tenant, 'market' | 'records'>,
  composeFile: string,
  account: Address,
): Promise<EarlierOrder | undefined> {
  const orders = (await tenant.records.orders.all()).filter(
    (record) =>
      record.composeFile === composeFile && record.order.kind === kinds.job && record.order.tenant === account,
  )
  for (const record of orders.sort((a, b) => b.placedAtMs - a.placedAtMs)) {
    const leases = await leasesOf(tenant, record)
    if (await someRun(tenant.market, leases)) return { record, leases }
    if (leases.length === 0 && record.matching && (await canBeMatched(tenant, record))) return { record, leases }
  }
  return undefined
}

/** All leases of a job's order, by their place in it. */
export async function leasesOf(
  { market, records }: Pick<Tenant, 'market' | 'records'>,
  record: OrderRecord,
): Promise<TenantLease[]> {
  const known = (await Promise.all(record.leases.map((id) => records.leases.get(id)))).filter(
    (lease) => lease !== undefined,
  )
  const leases = known.length === 0 && record.matching ? await findOpened({ market, records }, record) : known
  return leases.sort(byPlace)
}

async function someRun(market: MarketClient, leases: readonly TenantLease[]): Promise<boolean> {
  const states = await Promise.all(leases.map(({ terms }) => ifKnown(getLease(market, { lease: terms }))))
  return states.some((state) => state !== undefined && state.status !== 'resolved')
}
