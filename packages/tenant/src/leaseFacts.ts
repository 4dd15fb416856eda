import { deposit, formatAmount } from '@tender/protocol'
import { findLeaseEnd, getAsset, getBalance, getLease, type Lease, type MarketClient } from '@tender/sdk'
import { ifKnown } from './ifKnown.ts'
import type { LeaseFacts } from './leaseView.ts'
import type { TenantLease } from './records.ts'
import { nowSeconds } from './tenant.ts'

/** What the chain says of a recorded lease. Its provider was not asked. */
export async function factsOf(market: MarketClient, record: TenantLease): Promise<LeaseFacts> {
  const { terms, leaseId } = record
  const [asset, lease] = await Promise.all([
    getAsset(market, { asset: terms.asset }),
    ifKnown(getLease(market, { lease: terms })),
  ])
  const end = lease?.closedAt === undefined ? undefined : await findLeaseEnd(market, { leaseId })
  return { record, asset, lease, endReason: end?.reason, workload: undefined, nowSeconds: nowSeconds() }
}

/**
 * What is missing for the next time that a lease extends itself, in words; `undefined` if it does not or if there is enough.
 */
export async function lowBalanceOf(
  market: MarketClient,
  { terms, prolonging }: Pick<TenantLease, 'terms' | 'prolonging'>,
  { end, status }: Pick<Lease, 'end' | 'status'>,
): Promise<string | undefined> {
  if (!prolonging || prolonging.stoppedAt !== undefined || status !== 'running') return undefined
  // A provider extends by one runway at least, so that each transaction is worth its price.
  const next = Math.min(end + prolonging.runwaySeconds, prolonging.until, terms.latestEnd)
  if (next <= end) return undefined
  const { start, rate, tenant } = terms
  const needed = deposit(rate, next - start) - deposit(rate, end - start)
  const { deposited } = await getBalance(market, { account: tenant, asset: terms.asset })
  if (deposited >= needed) return undefined
  const asset = await getAsset(market, { asset: terms.asset })
  const missing = formatAmount(needed - deposited, asset)
  return `it cannot be extended next time: the balance is ${formatAmount(deposited, asset)}, ${missing} are missing; deposit them with \`tender deposit "${missing}"\``
}
