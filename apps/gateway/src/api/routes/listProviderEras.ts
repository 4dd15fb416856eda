import type { Handler } from '../handler.ts'
import { findProviderEras } from '../queries/providerHistory.ts'
export const listProviderEras: Handler<'listProviderEras'> = ({ params, query }, { store }) =>
  store.read((db) => findProviderEras(db, params.id, query))
