import type { Handler } from '../handler.ts'
import { findAccount } from '../queries/accounts.ts'
export const getAccount: Handler<'getAccount'> = ({ params }, { store, now }) =>
  store.read((db) => findAccount(db, params.address, now()))
