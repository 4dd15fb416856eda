import type { Handler } from '../handler.ts'
import { findEra } from '../queries/eras.ts'
export const getEra: Handler<'getEra'> = ({ params }, { store, now }) =>
  store.read((db) => findEra(db, params.era, now()))
