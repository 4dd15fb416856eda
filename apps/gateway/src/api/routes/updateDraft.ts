import { signedIn } from '../auth/caller.ts'
import type { Handler } from '../handler.ts'
import { changeDraft } from '../queries/drafts.ts'
export const updateDraft: Handler<'updateDraft'> = ({ caller, params, body }, { store }) =>
  changeDraft(store, signedIn(caller).address, params.id, body)
