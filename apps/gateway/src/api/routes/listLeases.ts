import type { Handler } from '../handler.ts'
import { findLeases } from '../queries/leases.ts'

export const listLeases: Handler<'listLeases'> = ({ query }, { store, now }) =>
  store.read((db) => findLeases(db, query, now()))
