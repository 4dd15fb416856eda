import type { Handler } from '../handler.ts'
import { findCandles } from '../queries/classes.ts'
import { intervalSeconds, intervalStart } from '../queries/intervals.ts'
export const getPrices: Handler<'getPrices'> = async ({ params, query }, { store, market, now }) => {
  const { interval, asset = market.defaultAsset } = query
  const from = intervalStart(interval, query.from, now())
  const asked = { name: params.name, asset, seconds: intervalSeconds[interval], from }
  return { class: params.name, asset, interval, items: await store.read((db) => findCandles(db, asked)) }
}
