import { NotFoundError } from '@tender/protocol'
import type { Handler } from '../handler.ts'
import { findOrdersByHash } from '../queries/orders.ts'
export const getOrder: Handler<'getOrder'> = async ({ params }, { store, now }) => {
  const found = await store.read((db) => findOrdersByHash(db, [params.hash], now()))
  const order = found.get(params.hash)
  if (order) return order
  throw new NotFoundError(`there is no order ${params.hash}`, {
    code: 'unknownOrder',
    hint: 'An order is known here once it was gossiped, posted or matched.',
  })
}
