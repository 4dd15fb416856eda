import type { Handler } from '../handler.ts'
import { findEras } from '../queries/eras.ts'
export const listEras: Handler<'listEras'> = ({ query }, { store, now }) =>
  store.read((db) => findEras(db, query, now()))
