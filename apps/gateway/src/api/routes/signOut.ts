import { deleteCookie, getCookie } from 'hono/cookie'
import { checkPage, cookieName } from '../auth/caller.ts'
import { endSession } from '../auth/signIn.ts'
import type { Handler } from '../handler.ts'
export const signOut: Handler<'signOut'> = async ({ http }, { store, origins }) => {
  checkPage(http, origins)
  const name = cookieName(origins)
  const secret = getCookie(http, name)
  if (secret !== undefined) await endSession(store, secret)
  deleteCookie(http, name, { path: '/', secure: origins.secure })
  return { done: true }
}
