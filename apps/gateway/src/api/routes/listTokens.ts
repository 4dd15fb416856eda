import { signedIn } from '../auth/caller.ts'
import { findTokens } from '../auth/tokens.ts'
import type { Handler } from '../handler.ts'
export const listTokens: Handler<'listTokens'> = async ({ caller }, { store }) => ({
  items: await findTokens(store, signedIn(caller).address),
})
