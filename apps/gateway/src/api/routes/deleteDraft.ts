import { signedIn } from '../auth/caller.ts'
import type { Handler } from '../handler.ts'
import { forgetDraft } from '../queries/drafts.ts'
export const deleteDraft: Handler<'deleteDraft'> = async ({ caller, params }, { store }) => {
  await forgetDraft(store, signedIn(caller).address, params.id)
  return { done: true }
}
