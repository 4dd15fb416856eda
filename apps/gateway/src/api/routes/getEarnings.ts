import type { Handler } from '../handler.ts'
import { intervalSeconds, intervalStart } from '../queries/intervals.ts'
import { findEarnings } from '../queries/providerHistory.ts'
export const getEarnings: Handler<'getEarnings'> = async ({ params, query }, { store, now }) => {
  const { interval } = query
  const from = intervalStart(interval, query.from, now())
  const asked = { provider: params.id, seconds: intervalSeconds[interval], from }
  return { interval, ...(await store.read((db) => findEarnings(db, asked))) }
}
