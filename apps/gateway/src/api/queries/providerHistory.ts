import { type Earnings, type Incident, type ProviderEra, scoreInputsSchema } from '@tender/api'
import { levelOf, reasonText } from '@tender/protocol'
import { and, desc, eq, isNull, lt, sql } from 'drizzle-orm'
import type { Address } from 'viem'
import { z } from 'zod'
import { logIndexOf } from '../../indexer/position.ts'
import type { Database } from '../../store/database.ts'
import { rowsOf } from '../../store/rows.ts'
import { incidents, providerEras, reports, settlements } from '../../store/schema.ts'
import { createCursors, pageOfRows } from './cursor.ts'

const MAX_INCIDENTS = 100
const MAX_INTERVALS = 1000

const incidentKinds = {
  abandoned: 'abandoned',
  endedByMonitors: 'endedByMonitors',
  penalised: 'penalised',
  slashed: 'slashed',
  credit: 'credited',
  uncollateralised: 'undercollateralised',
  banned: 'banned',
} as const

/** What went wrong with a provider, the newest first. A position holds the log's index in its block. */
export async function findIncidents(db: Database, provider: string): Promise<Incident[]> {
  const rows = await db
    .select()
    .from(incidents)
    .where(eq(incidents.provider, BigInt(provider)))
    .orderBy(desc(incidents.position))
    .limit(MAX_INCIDENTS)
  return rows.map(({ type, at, lease, amount, reason, tx, block, position }) => ({
    kind: incidentKinds[type],
    at,
    lease,
    amount,
    reason: reason === null ? null : reasonText(reason),
    logIndex: logIndexOf(position),
    tx,
    block,
  }))
}

const cursors = createCursors('providerEras', z.tuple([z.int().min(1)]))

/** What reports said of a provider, the newest first. */
export async function findProviderEras(
  db: Database,
  provider: string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ items: ProviderEra[]; next: string | null }> {
  const after = cursors.read(cursor)
  const found = await db
    .select({ said: providerEras, coveredUntil: reports.coveredUntil, tx: reports.tx, block: reports.block })
    .from(providerEras)
    .innerJoin(
      reports,
      and(eq(reports.era, providerEras.era), eq(reports.root, providerEras.root), isNull(reports.vetoedTx)),
    )
    .where(and(eq(providerEras.provider, BigInt(provider)), after && lt(providerEras.era, BigInt(after[0]))))
    .orderBy(desc(providerEras.era))
    .limit(limit + 1)
  const { rows, next } = pageOfRows(found, limit, ({ said }) => cursors.write([Number(said.era)]))
  const items = rows.map(({ said, coveredUntil, tx, block }, index) => {
    const before = found[index + 1]?.said
    return {
      era: Number(said.era),
      coveredUntil,
      score: said.score,
      inputs: said.inputs === null ? null : scoreInputsSchema.parse(said.inputs),
      level: levelOf(said.score),
      rewards: said.rewards,
      slashed: said.slashed,
      eraRewards: said.rewards - (before?.rewards ?? 0n),
      eraSlashed: said.slashed - (before?.slashed ?? 0n),
      tx,
      block,
    }
  })
  return { items, next }
}

const amount = z.coerce.bigint()
const whole = z.coerce.number().int()
// CAST: the database holds what the indexer wrote
const asset = z.string().transform((text) => text as Address)
const earningRow = z.object({ from: whole, asset, paid: amount, fee: amount, settlements: whole, leases: whole })
const totalRow = z.object({ asset, paid: amount, fee: amount })

/** What a provider was paid by hour or day, the oldest first. */
export async function findEarnings(
  db: Database,
  { provider, seconds, from }: { provider: string; seconds: number; from: number },
): Promise<Pick<Earnings, 'items' | 'totals'>> {
  const bucket = sql.raw(`at / ${seconds} * ${seconds}`)
  const items = await db.execute(sql`
    SELECT ${bucket} AS "from", asset, sum(paid)::text AS paid, sum(fee)::text AS fee, count(*) AS settlements,
      count(DISTINCT lease) AS leases
    FROM ${settlements} WHERE provider = ${provider}::bigint AND at >= ${from}
    GROUP BY 1, 2 ORDER BY 1, 2 LIMIT ${MAX_INTERVALS}`)
  const totals = await db.execute(sql`
    SELECT asset, sum(paid)::text AS paid, sum(fee)::text AS fee
    FROM ${settlements} WHERE provider = ${provider}::bigint GROUP BY 1 ORDER BY 1 LIMIT 64`)
  return {
    items: rowsOf(items).map((row) => earningRow.parse(row)),
    totals: rowsOf(totals).map((row) => totalRow.parse(row)),
  }
}
