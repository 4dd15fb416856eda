import { getLease, isNonceUsed, type MarketClient } from '@tender/sdk'
import type { Address } from 'viem'
import { chooseBids } from './choose.ts'
import { ifKnown } from './ifKnown.ts'
import { findOpened } from './match.ts'
import type { OrderRecord, TenantLease } from './records.ts'
import { nowSeconds, type Tenant } from './tenant.ts'

/** An order for the same Compose file that is not over. Without leases: its match was about to be sent, and may have been. */
export type EarlierOrder = { record: OrderRecord; leases: TenantLease[] }

/**
 * What earlier runs left of a Compose file, the latest first: orders with leases that run, or whose match may have been sent. An
 * order that was only signed binds nobody and is left alone, and so is a lease that is closed or being replaced.
 *
 * @param composeFile absolute path
 */
export async function findEarlier(
  tenant: Pick<Tenant, 'market' | 'records'>,
  composeFile: string,
  account: Address,
): Promise<EarlierOrder[]> {
  const orders = await tenant.records.orders.all()
  const own = orders.filter((record) => record.composeFile === composeFile && record.order.tenant === account)
  const earlier: EarlierOrder[] = []
  for (const record of own.sort((a, b) => b.placedAtMs - a.placedAtMs)) {
    const leases = await runningLeases(tenant, record)
    if (leases.length > 0 || (await isHalfMatched(tenant.market, record))) earlier.push({ record, leases })
  }
  return earlier
}

async function runningLeases({ market, records }: Pick<Tenant, 'market' | 'records'>, record: OrderRecord) {
  const known = await Promise.all(record.leases.map((id) => records.leases.get(id)))
  const found = known.filter((lease) => lease !== undefined)
  const leases = found.length === 0 && record.matching ? await findOpened({ market, records }, record) : found
  const states = await Promise.all(leases.map(({ terms }) => ifKnown(getLease(market, { lease: terms }))))
  return leases.filter((_, index) => {
    const state = states[index]
    return state?.status === 'running' && nowSeconds() < state.stop
  })
}

async function isHalfMatched(market: MarketClient, record: OrderRecord): Promise<boolean> {
  return record.matching && record.leases.length === 0 && (await canBeMatched({ market }, record))
}

/** Whether a match of an order with the bids that came would still be taken. Once they have expired it can neither be sent nor mined. */
export async function canBeMatched({ market }: Pick<Tenant, 'market'>, record: OrderRecord): Promise<boolean> {
  const { order } = record
  if (nowSeconds() >= order.expiry) return false
  if (await isNonceUsed(market, { tenant: order.tenant, nonce: order.nonce })) return false
  return (await chooseBids({ market }, record)).chosen.length >= order.replicas
}
