import type { Handler } from '../handler.ts'
import { findDepth } from '../queries/classes.ts'
export const getDepth: Handler<'getDepth'> = async ({ params, query }, { store, market, network, now }) => {
  const { asset = market.defaultAsset } = query
  const at = now()
  const depth = await store.read((db) => findDepth(db, { name: params.name, asset, now: at }, network))
  return { class: params.name, asset, at, ...depth }
}
