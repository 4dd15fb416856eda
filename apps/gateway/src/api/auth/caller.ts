import { type Access, type Scope, scopeSchema } from '@tender/api'
import { TenderError } from '@tender/protocol'
import { and, eq, gt, isNull, or } from 'drizzle-orm'
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import type { Address } from 'viem'
import type { Store } from '../../store/openStore.ts'
import { apiTokens, sessions } from '../../store/schema.ts'
import { signInFirst } from '../problems.ts'
import type { Origins } from './origins.ts'
import { hashSecret, wallSeconds } from './secrets.ts'

/** Who asks. */
export type Caller = {
  address: Address
  scopes: Scope[]
  /** Unix seconds. */
  expiresAt: number
  by: 'session' | 'token'
}

const allScopes = scopeSchema.options
/** Times of use are kept to the hour, so that a token that is used does not write all the time. */
const USE_SECONDS = 3600
/** Of a token without an end. */
const LATEST = 2 ** 40 - 1

/** The cookie's name. The prefix has browsers take it from this origin over TLS only. */
export function cookieName(origins: Origins): string {
  return origins.secure ? '__Host-tender_session' : 'tender_session'
}

/**
 * Who asks: by token, or by the session's cookie where the request comes from a page of the gateway.
 *
 * @throws {TenderError} `badToken`: there is a token, but it is unknown, revoked or has expired; `foreignPage`
 */
export async function identify(http: Context, store: Store, origins: Origins): Promise<Caller | undefined> {
  const authorization = http.req.header('authorization')
  if (authorization !== undefined) return byToken(authorization, store)
  const secret = getCookie(http, cookieName(origins))
  if (secret === undefined || secret.length > 128) return undefined
  const caller = await bySession(secret, store)
  if (caller) checkPage(http, origins)
  return caller
}

/** A cookie goes along with what other sites make a browser send; SameSite=Strict says no already, this does too. */
export function checkPage(http: Context, origins: Origins): void {
  if (http.req.method === 'GET' || http.req.method === 'HEAD') return
  const { host, origin, 'sec-fetch-site': site } = http.req.header()
  if (origins.fromOwnPage({ host, origin, site })) return
  throw new TenderError('this was sent by a page of another origin', {
    code: 'foreignPage',
    class: 'denied',
    hint: 'Programs and other pages use a token.',
  })
}

async function bySession(secret: string, store: Store): Promise<Caller | undefined> {
  const [found] = await store.read((db) =>
    db
      .select({ address: sessions.account, expiresAt: sessions.expiresAt })
      .from(sessions)
      .where(and(eq(sessions.id, hashSecret(secret)), gt(sessions.expiresAt, wallSeconds())))
      .limit(1),
  )
  return found && { ...found, scopes: [...allScopes], by: 'session' }
}

async function byToken(authorization: string, store: Store): Promise<Caller> {
  const [, token] = /^Bearer (tender_[\w-]{8,100})$/.exec(authorization) ?? []
  const now = wallSeconds()
  const [found] =
    token === undefined
      ? []
      : await store.read((db) =>
          db
            .select()
            .from(apiTokens)
            .where(
              and(
                eq(apiTokens.secret, hashSecret(token)),
                or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, now)),
              ),
            )
            .limit(1),
        )
  if (!found) {
    throw new TenderError('the token is unknown, revoked or has expired', {
      code: 'badToken',
      class: 'denied',
      hint: 'Make a new one in the account page, and send it as Authorization: Bearer tender_…',
    })
  }
  if (found.lastUsedAt === null || found.lastUsedAt <= now - USE_SECONDS) {
    await store.write(({ tx }) =>
      tx
        .update(apiTokens)
        .set({ lastUsedAt: now - (now % USE_SECONDS) })
        .where(eq(apiTokens.id, found.id)),
    )
  }
  const scopes = allScopes.filter((scope) => found.scopes.includes(scope))
  return { address: found.account, scopes, expiresAt: found.expiresAt ?? LATEST, by: 'token' }
}

/** Whether somebody may ask this. @throws {TenderError} `signInFirst`, `missingScope`, `sessionOnly` */
export function checkAccess(access: Access, caller: Caller | undefined): void {
  if (access === 'public') return
  if (!caller) throw signInFirst()
  if (access === 'session') {
    if (caller.by === 'session') return
    throw new TenderError('a token cannot do this', {
      code: 'sessionOnly',
      class: 'denied',
      hint: 'Sign in with Ethereum.',
    })
  }
  if (caller.scopes.includes(access)) return
  throw new TenderError(`the token has no scope ${access}`, {
    code: 'missingScope',
    class: 'denied',
    hint: 'Make a token that has it.',
    data: { needed: access, has: caller.scopes },
  })
}

/** Who asks, where a route's access already made sure that somebody does. */
export function signedIn(caller: Caller | undefined): Caller {
  if (caller) return caller
  throw signInFirst()
}
