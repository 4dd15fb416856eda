import type { Handler } from '../handler.ts'
import { movementsCsv } from '../movementsCsv.ts'
import { findMovements } from '../queries/accounts.ts'
export const listMovements: Handler<'listMovements'> = async ({ params, query, signal }, { store }) => {
  if (query.format === 'csv') return movementsCsv(store, params.address, signal)
  return store.read((db) => findMovements(db, params.address, query))
}
