import type { Handler } from '../handler.ts'
export const getMarket: Handler<'getMarket'> = (_, { store, market }) => store.read((db) => market.market(db))
