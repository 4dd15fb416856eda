import { type Draft, MAX_DRAFTS } from '@tender/api'
import { NotFoundError, TenderError } from '@tender/protocol'
import { and, desc, eq, lt, or, sql } from 'drizzle-orm'
import type { Address } from 'viem'
import { z } from 'zod'
import type { Store } from '../../store/openStore.ts'
import { drafts } from '../../store/schema.ts'
import { createId, wallSeconds } from '../auth/secrets.ts'
import { createCursors, pageOfRows } from './cursor.ts'

const cursors = createCursors('drafts', z.tuple([z.int().min(0), z.string().regex(/^[\w-]{1,32}$/)]))

/** An account's drafts, the latest changed first. */
export async function findDrafts(
  store: Store,
  account: Address,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: Draft[]; next: string | null }> {
  const after = cursors.read(cursor)
  const found = await store.read((db) =>
    db
      .select()
      .from(drafts)
      .where(
        and(
          eq(drafts.account, account),
          after && or(lt(drafts.updatedAt, after[0]), and(eq(drafts.updatedAt, after[0]), lt(drafts.id, after[1]))),
        ),
      )
      .orderBy(desc(drafts.updatedAt), desc(drafts.id))
      .limit(limit + 1),
  )
  const { rows, next } = pageOfRows(found, limit, (last) => cursors.write([last.updatedAt, last.id]))
  return { items: rows.map(draftOf), next }
}

/** @throws {NotFoundError} `unknownDraft` */
export async function findDraft(store: Store, account: Address, id: string): Promise<Draft> {
  const [row] = await store.read((db) =>
    db
      .select()
      .from(drafts)
      .where(and(eq(drafts.account, account), eq(drafts.id, id)))
      .limit(1),
  )
  if (!row) throw unknownDraft(id)
  return draftOf(row)
}

/** @throws {TenderError} `tooManyDrafts` */
export async function keepDraft(store: Store, account: Address, told: DraftText): Promise<Draft> {
  const now = wallSeconds()
  const row = { id: createId(), account, name: told.name, content: told.compose, createdAt: now, updatedAt: now }
  await store.write(async ({ tx }) => {
    const [counted] = await tx
      .select({ count: sql<number>`count(*)`.mapWith(Number) })
      .from(drafts)
      .where(eq(drafts.account, account))
    if ((counted?.count ?? 0) >= MAX_DRAFTS) {
      throw new TenderError(`an account keeps at most ${MAX_DRAFTS} drafts`, {
        code: 'tooManyDrafts',
        class: 'conflict',
        hint: 'Delete one that is not needed.',
      })
    }
    await tx.insert(drafts).values(row)
  })
  return draftOf(row)
}

/** @throws {NotFoundError} `unknownDraft` */
export async function changeDraft(store: Store, account: Address, id: string, told: DraftText): Promise<Draft> {
  const [row] = await store.write(({ tx }) =>
    tx
      .update(drafts)
      .set({ name: told.name, content: told.compose, updatedAt: wallSeconds() })
      .where(and(eq(drafts.account, account), eq(drafts.id, id)))
      .returning(),
  )
  if (!row) throw unknownDraft(id)
  return draftOf(row)
}

/** @throws {NotFoundError} `unknownDraft` */
export async function forgetDraft(store: Store, account: Address, id: string): Promise<void> {
  const gone = await store.write(({ tx }) =>
    tx
      .delete(drafts)
      .where(and(eq(drafts.account, account), eq(drafts.id, id)))
      .returning({ id: drafts.id }),
  )
  if (gone.length === 0) throw unknownDraft(id)
}

type DraftText = { name: string; compose: string }

function draftOf({ id, name, content, createdAt, updatedAt }: typeof drafts.$inferSelect): Draft {
  return { id, name, compose: content, createdAt, updatedAt }
}

function unknownDraft(id: string): NotFoundError {
  return new NotFoundError(`there is no draft ${id}`, { code: 'unknownDraft' })
}
