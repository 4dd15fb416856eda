import { NotFoundError } from '@tender/protocol'
import type { Handler } from '../handler.ts'
import { findLeaseEras, findLeaseEvents } from '../queries/leaseEvents.ts'
import { findLeasesById } from '../queries/leases.ts'
export const getLease: Handler<'getLease'> = async ({ params }, { store, now }) =>
  store.read(async (db) => {
    const lease = (await findLeasesById(db, [params.id], now())).get(params.id)
    if (!lease) throw new NotFoundError(`there is no lease ${params.id}`, { code: 'unknownLease' })
    const [events, eras] = await Promise.all([
      findLeaseEvents(db, lease.id, lease.deposited),
      findLeaseEras(db, lease.id),
    ])
    return { ...lease, events, eras }
  })
