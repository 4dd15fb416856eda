import { signedIn } from '../auth/caller.ts'
import type { Handler } from '../handler.ts'
import { keepDraft } from '../queries/drafts.ts'
export const createDraft: Handler<'createDraft'> = ({ caller, body }, { store }) =>
  keepDraft(store, signedIn(caller).address, body)
