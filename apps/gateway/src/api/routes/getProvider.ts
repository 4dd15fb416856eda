import type { Handler } from '../handler.ts'
import { findIncidents } from '../queries/providerHistory.ts'
import { findProvidersById, unknownProvider } from '../queries/providers.ts'
export const getProvider: Handler<'getProvider'> = ({ params }, { store, network, now }) =>
  store.read(async (db) => {
    const found = await findProvidersById(db, [params.id], { now: now(), network })
    const provider = found.get(params.id)
    if (!provider) throw unknownProvider(params.id)
    return { ...provider, incidents: await findIncidents(db, params.id) }
  })
