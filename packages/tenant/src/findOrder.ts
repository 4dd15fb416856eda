import { failureClass, NotFoundError } from '@tender/protocol'
import type { OrderRecord, TenantRecords } from './records.ts'

/**
 * An order by the beginning of its id or of one of its leases' ids; the latest if nothing is said.
 *
 * @throws {NotFoundError}; {TenderError} `ambiguous`
 */
export async function findOrder({ orders, leases }: TenantRecords, prefix: string | undefined): Promise<OrderRecord> {
  if (prefix === undefined) return latest(await orders.all())
  try {
    return await orders.find(prefix)
  } catch (error) {
    if (failureClass(error) !== 'notFound') throw error
    const lease = await leases.find(prefix).catch(() => undefined)
    const record = lease && (await orders.get(lease.terms.order))
    if (record) return record
    throw error
  }
}

function latest(records: readonly OrderRecord[]): OrderRecord {
  const [first] = records.toSorted((a, b) => b.placedAtMs - a.placedAtMs)
  if (first) return first
  throw new NotFoundError('nothing was ordered yet', { code: 'noOrders', hint: 'Order something with `tender up`.' })
}
