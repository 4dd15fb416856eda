import { signedIn } from '../auth/caller.ts'
import { createToken as make } from '../auth/tokens.ts'
import type { Handler } from '../handler.ts'
export const createToken: Handler<'createToken'> = ({ caller, body }, { store }) =>
  make(store, signedIn(caller).address, body)
