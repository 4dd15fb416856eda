import { signedIn } from '../auth/caller.ts'
import { revokeToken as revoke } from '../auth/tokens.ts'
import type { Handler } from '../handler.ts'
export const revokeToken: Handler<'revokeToken'> = async ({ caller, params }, { store }) => {
  await revoke(store, signedIn(caller).address, params.id)
  return { done: true }
}
