import { signedIn } from '../auth/caller.ts'
import type { Handler } from '../handler.ts'
import { findDraft } from '../queries/drafts.ts'
export const getDraft: Handler<'getDraft'> = ({ caller, params }, { store }) =>
  findDraft(store, signedIn(caller).address, params.id)
