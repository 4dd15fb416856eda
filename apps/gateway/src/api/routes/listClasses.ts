import type { Handler } from '../handler.ts'
import { findClasses } from '../queries/classes.ts'
export const listClasses: Handler<'listClasses'> = async (_, { store, now }) => ({
  items: await store.read((db) => findClasses(db, now())),
})
