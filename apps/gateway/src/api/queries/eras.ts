import type { Era, EraLeaves } from '@tender/api'
import { NotFoundError } from '@tender/protocol'
import { and, asc, desc, inArray, lt, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Database } from '../../store/database.ts'
import { leaves, reports } from '../../store/schema.ts'
import { createCursors, pageOfRows, positionValue } from './cursor.ts'

type ReportRow = typeof reports.$inferSelect
type LeafRow = typeof leaves.$inferSelect

const cursors = createCursors('eras', z.tuple([positionValue]))

/** Reports, the newest first; one that was vetoed stands beside its next attempt. */
export async function findEras(
  db: Database,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  now: number,
): Promise<{ items: Era[]; next: string | null }> {
  const after = cursors.read(cursor)
  const found = await db
    .select()
    .from(reports)
    .where(after && lt(reports.position, after[0]))
    .orderBy(desc(reports.position))
    .limit(limit + 1)
  const { rows, next } = pageOfRows(found, limit, (last) => cursors.write([last.position]))
  return { items: await tellEras(db, rows, now), next }
}

/** The latest reports of eras, by era; an era without one is left out. */
export async function findErasByNumber(db: Database, eras: readonly number[], now: number): Promise<Map<number, Era>> {
  if (eras.length === 0) return new Map()
  const rows = await db
    .selectDistinctOn([reports.era])
    .from(reports)
    .where(inArray(reports.era, eras.map(BigInt)))
    .orderBy(asc(reports.era), desc(reports.attempt))
  return new Map((await tellEras(db, rows, now)).map((era) => [era.era, era]))
}

async function tellEras(db: Database, rows: readonly ReportRow[], now: number): Promise<Era[]> {
  const counted = await countLeaves(db, rows)
  return rows.map((row) => ({
    era: Number(row.era),
    state: row.vetoedTx !== null ? 'vetoed' : row.effectiveAt <= now ? 'effective' : 'pending',
    attempt: row.attempt,
    round: row.round,
    from: row.from,
    coveredUntil: row.coveredUntil,
    root: row.root,
    dataHash: row.dataHash,
    postedAt: row.at,
    effectiveAt: row.effectiveAt,
    signers: row.signers.map(({ key, weight }) => ({ monitor: key, weight })),
    signedWeight: row.signedWeight,
    totalWeight: row.totalWeight,
    leaves: counted.get(row.root) ?? null,
    vetoTx: row.vetoedTx,
    tx: row.tx,
    block: row.block,
  }))
}

/** What a root is made of never changes. */
const counts = new Map<string, EraLeaves>()
const MOST_COUNTS = 4096

async function countLeaves(db: Database, rows: readonly ReportRow[]): Promise<Map<string, EraLeaves>> {
  const missing = rows.filter(({ root }) => !counts.has(root))
  if (missing.length > 0) {
    const found = await db
      .select({ root: leaves.root, kind: leaves.kind, count: sql<number>`count(*)`.mapWith(Number) })
      .from(leaves)
      .where(
        and(
          inArray(
            leaves.era,
            missing.map(({ era }) => era),
          ),
          inArray(
            leaves.root,
            missing.map(({ root }) => root),
          ),
        ),
      )
      .groupBy(leaves.root, leaves.kind)
    for (const [root, kinds] of Map.groupBy(found, (row) => row.root)) remember(root, kinds)
  }
  return counts
}

function remember(root: string, kinds: readonly { kind: LeafRow['kind']; count: number }[]): void {
  const none = { total: 0, lease: 0, credit: 0, provider: 0, monitor: 0, monitorSlash: 0, dispute: 0 }
  if (counts.size >= MOST_COUNTS) counts.clear()
  const ofKind = Object.fromEntries(kinds.map(({ kind, count }) => [kind, count]))
  const total = kinds.reduce((sum, { count }) => sum + count, 0)
  counts.set(root, { ...none, ...ofKind, total })
}

/** The latest report of an era. @throws {NotFoundError} `unknownEra` */
export async function findEra(db: Database, era: number, now: number): Promise<Era> {
  const found = (await findErasByNumber(db, [era], now)).get(era)
  if (found) return found
  throw new NotFoundError(`there is no report of era ${era}`, { code: 'unknownEra' })
}
