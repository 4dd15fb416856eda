import type { Handler } from '../handler.ts'
import { findProviders } from '../queries/providers.ts'
export const listProviders: Handler<'listProviders'> = ({ query }, { store, network, now }) =>
  store.read((db) => findProviders(db, query, { now: now(), network }))
