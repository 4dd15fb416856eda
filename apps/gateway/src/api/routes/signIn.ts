import { scopeSchema } from '@tender/api'
import { setCookie } from 'hono/cookie'
import { checkPage, cookieName } from '../auth/caller.ts'
import { openSession, SESSION_SECONDS, takeSignIn } from '../auth/signIn.ts'
import type { Handler } from '../handler.ts'
export const signIn: Handler<'signIn'> = async ({ body, http }, { store, chain, origins }) => {
  checkPage(http, origins)
  const own = origins.own(http.req.header('host'))
  const address = await takeSignIn(body, { store, chain, own })
  const { secret, expiresAt } = await openSession(store, address)
  const { secure } = origins
  setCookie(http, cookieName(origins), secret, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    secure,
    maxAge: SESSION_SECONDS,
  })
  return { address, scopes: [...scopeSchema.options], expiresAt, by: 'session' }
}
