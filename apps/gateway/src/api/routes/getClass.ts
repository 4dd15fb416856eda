import { NotFoundError } from '@tender/protocol'
import type { Handler } from '../handler.ts'
import { findClasses } from '../queries/classes.ts'
export const getClass: Handler<'getClass'> = async ({ params }, { store, now }) => {
  const [found] = await store.read((db) => findClasses(db, now(), params.name))
  if (found) return found
  throw new NotFoundError(`there is no resource class ${params.name}`, { code: 'unknownClass' })
}
