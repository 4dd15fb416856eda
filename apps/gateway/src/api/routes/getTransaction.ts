import { NotFoundError } from '@tender/protocol'
import type { Handler } from '../handler.ts'
import { findTransaction } from '../queries/transactions.ts'
export const getTransaction: Handler<'getTransaction'> = async ({ params }, { store, market }) => {
  const found = await store.read((db) => findTransaction(db, params.hash, market.contractNames))
  if (found) return found
  throw new NotFoundError(`transaction ${params.hash} did nothing in this market, as far as it is indexed`, {
    code: 'unknownTransaction',
  })
}
