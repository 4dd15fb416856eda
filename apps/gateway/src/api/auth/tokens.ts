import { type CreatedToken, type Scope, scopeSchema, type Token } from '@tender/api'
import { NotFoundError, TenderError } from '@tender/protocol'
import { and, desc, eq, lte, sql } from 'drizzle-orm'
import type { Address } from 'viem'
import type { Store } from '../../store/openStore.ts'
import { apiTokens } from '../../store/schema.ts'
import { createId, createSecret, hashSecret, wallSeconds } from './secrets.ts'

/** Most tokens of one account. */
const MAX_TOKENS = 50

/** An account's tokens, the newest first. */
export async function findTokens(store: Store, account: Address): Promise<Token[]> {
  const rows = await store.read((db) =>
    db
      .select()
      .from(apiTokens)
      .where(eq(apiTokens.account, account))
      .orderBy(desc(apiTokens.createdAt), desc(apiTokens.id))
      .limit(MAX_TOKENS),
  )
  return rows.map(({ id, name, scopes, createdAt, expiresAt, lastUsedAt }) => ({
    id,
    name,
    scopes: scopeSchema.options.filter((scope) => scopes.includes(scope)),
    createdAt,
    expiresAt: expiresAt ?? 2 ** 40 - 1,
    lastUsedAt,
  }))
}

/** Makes a token. Its secret is in the answer and nowhere else. @throws {TenderError} `tooManyTokens` */
export async function createToken(
  store: Store,
  account: Address,
  { name, scopes, expiresInSeconds }: { name: string; scopes: readonly Scope[]; expiresInSeconds: number },
): Promise<CreatedToken> {
  const token = `tender_${createSecret()}`
  const createdAt = wallSeconds()
  const made = {
    id: createId(),
    name,
    scopes: [...new Set(scopes)],
    createdAt,
    expiresAt: createdAt + expiresInSeconds,
  }
  await store.write(async ({ tx }) => {
    await tx.delete(apiTokens).where(and(eq(apiTokens.account, account), lte(apiTokens.expiresAt, createdAt)))
    const [counted] = await tx
      .select({ count: sql<number>`count(*)`.mapWith(Number) })
      .from(apiTokens)
      .where(eq(apiTokens.account, account))
    if ((counted?.count ?? 0) >= MAX_TOKENS) {
      throw new TenderError(`an account has at most ${MAX_TOKENS} tokens`, {
        code: 'tooManyTokens',
        class: 'conflict',
        hint: 'Revoke one that is not needed.',
      })
    }
    await tx.insert(apiTokens).values({ ...made, account, secret: hashSecret(token), lastUsedAt: null })
  })
  return { ...made, lastUsedAt: null, token }
}

/** Revokes a token of an account. @throws {NotFoundError} `unknownToken` */
export async function revokeToken(store: Store, account: Address, id: string): Promise<void> {
  const gone = await store.write(({ tx }) =>
    tx
      .delete(apiTokens)
      .where(and(eq(apiTokens.account, account), eq(apiTokens.id, id)))
      .returning({ id: apiTokens.id }),
  )
  if (gone.length === 0) throw new NotFoundError(`there is no token ${id}`, { code: 'unknownToken' })
}
