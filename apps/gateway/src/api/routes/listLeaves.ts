import type { Handler } from '../handler.ts'
import { findEra } from '../queries/eras.ts'
import { findLeaves } from '../queries/leaves.ts'
export const listLeaves: Handler<'listLeaves'> = ({ params, query }, { store, now }) =>
  store.read(async (db) => findLeaves(db, await findEra(db, params.era, now()), query))
