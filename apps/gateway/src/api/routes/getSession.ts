import { signedIn } from '../auth/caller.ts'
import type { Handler } from '../handler.ts'
export const getSession: Handler<'getSession'> = async ({ caller }) => signedIn(caller)
