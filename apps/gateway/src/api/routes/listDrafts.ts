import { signedIn } from '../auth/caller.ts'
import type { Handler } from '../handler.ts'
import { findDrafts } from '../queries/drafts.ts'
export const listDrafts: Handler<'listDrafts'> = ({ caller, query }, { store }) =>
  findDrafts(store, signedIn(caller).address, query)
