import { NoBidsError, type Order, TenderError, type Terms } from '@tender/protocol'
import { ContractError, findLeases, findTermsOfLease, getAsset, type MarketAsset, matchOrder } from '@tender/sdk'
import { type Hex, zeroHash } from 'viem'
import type { Choice } from './choose.ts'
import { reasonText } from './reasonText.ts'
import type { OrderRecord, TenantLease } from './records.ts'
import type { Tenant } from './tenant.ts'

/**
 * A bid that was chosen may not hold any more once the match is on the chain: another match took its units, or its provider took
 * back its offers. Each spare costs gas whether it is needed or not, and one match takes 64 offers.
 */
const MOST_SPARES = 8

/** What a match names, the best first, however many bid. */
export const offersOf = <Bid>({ chosen, spares }: { chosen: readonly Bid[]; spares: readonly Bid[] }): Bid[] => [
  ...chosen,
  ...spares.slice(0, MOST_SPARES),
]

/**
 * Opens an order's leases. That it is about to is recorded first: after a crash the same order is matched, which the chain
 * does at most once, see {@link findOpened}.
 *
 * @throws {NoBidsError} with each provider's reason; {ContractError}
 */
export async function openLeases(
  tenant: Pick<Tenant, 'market' | 'records'>,
  record: OrderRecord,
  choice: Choice,
): Promise<TenantLease[]> {
  const { market, records } = tenant
  const { order } = record
  if (choice.chosen.length < order.replicas) {
    throw noBids(order, await getAsset(market, { asset: order.asset }), choice)
  }
  const matching = { ...record, matching: true }
  await records.orders.put(record.id, matching)
  try {
    const replaced = await replacedTerms(tenant, order)
    const { leases } = await matchOrder(market, { order, offers: offersOf(choice), replaced })
    return await recordLeases(tenant, matching, leases)
  } catch (error) {
    if (!(error instanceof ContractError)) throw error
    // Another process matched it meanwhile: its leases are this order's.
    const opened = await findOpened(tenant, matching)
    if (opened.length > 0) return opened
    await records.orders.put(record.id, { ...record, matching: false })
    throw error
  }
}

/** Terms of the lease that an order replaces. */
async function replacedTerms({ market, records }: Pick<Tenant, 'market' | 'records'>, { previous }: Order) {
  if (previous === zeroHash) return undefined
  return (await records.leases.get(previous))?.terms ?? findTermsOfLease(market, { leaseId: previous })
}

/** The leases of an order that was matched, though nobody could write it down. */
export async function findOpened(
  tenant: Pick<Tenant, 'market' | 'records'>,
  record: OrderRecord,
): Promise<TenantLease[]> {
  const opened = await findLeases(tenant.market, { tenant: record.order.tenant })
  return recordLeases(
    tenant,
    record,
    opened.filter(({ terms }) => terms.order === record.id),
  )
}

/** Recorded twice, by lease and by order, so that either finds the other. */
async function recordLeases(
  { records }: Pick<Tenant, 'records'>,
  record: OrderRecord,
  opened: readonly { leaseId: Hex; terms: Terms }[],
): Promise<TenantLease[]> {
  const leases = opened.map(({ leaseId, terms }): TenantLease => {
    const answer = record.answers.find(({ provider }) => provider === terms.provider)
    if (!answer) {
      throw new TenderError('a lease of a provider that did not bid', { code: 'strangeLease', class: 'internal' })
    }
    return { version: 1, leaseId, name: record.name, terms, provider: answer.from }
  })
  for (const lease of leases) await records.leases.put(lease.leaseId, lease)
  await records.orders.put(record.id, { ...record, leases: leases.map(({ leaseId }) => leaseId) })
  return leases
}

function noBids(order: Order, asset: MarketAsset, { chosen, disqualified, declined }: Choice) {
  const reasons = [...disqualified.map(({ provider, broken }) => ({ provider, reasons: broken })), ...declined].map(
    ({ provider, reasons }) => ({
      provider: provider.toString(),
      reason: reasons.map((one) => reasonText(one, asset)).join('; '),
    }),
  )
  const lines = reasons.map(({ provider, reason }) => `  provider ${provider}: ${reason}`)
  const what = chosen.length === 0 ? 'nobody bid' : `only ${chosen.length} of ${order.replicas} replicas were bid for`
  return new NoBidsError([what, ...(lines.length > 0 ? lines : ['  no provider answered'])].join('\n'), reasons, {
    hint: 'Raise max-price, ask for less, or give the auction more time.',
  })
}
