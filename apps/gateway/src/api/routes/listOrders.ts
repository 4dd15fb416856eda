import type { Handler } from '../handler.ts'
import { findAuctions, findGossipOrders } from '../queries/orders.ts'
export const listOrders: Handler<'listOrders'> = ({ query }, { store, now }) => {
  const find = query.source === 'chain' ? findAuctions : findGossipOrders
  return store.read((db) => find(db, query, now()))
}
