import type { Monitor } from '@tender/api'
import { asc, isNotNull, sql } from 'drizzle-orm'
import type { Database } from '../../store/database.ts'
import { monitors, rewards } from '../../store/schema.ts'

/** All monitors, those first that have a place, by index. */
export async function findMonitors(db: Database): Promise<Monitor[]> {
  const rows = await db
    .select()
    .from(monitors)
    .orderBy(sql`${monitors.index} ASC NULLS LAST`, asc(monitors.position))
    .limit(512)
  const paid = await db
    .select({
      monitor: rewards.monitor,
      asset: rewards.asset,
      amount: sql<bigint>`sum(${rewards.amount})::text`.mapWith(BigInt),
    })
    .from(rewards)
    .where(isNotNull(rewards.monitor))
    .groupBy(rewards.monitor, rewards.asset)
    .orderBy(asc(rewards.asset))
  const paidTo = Map.groupBy(paid, ({ monitor }) => monitor)
  return rows.map((row) => ({
    key: row.key,
    index: row.index,
    active: row.index !== null && !row.ejected && (row.weight > 0 || row.nextWeight > 0),
    weight: row.weight,
    nextWeight: row.nextWeight,
    nextFrom: row.weight === row.nextWeight ? null : row.nextFrom,
    addresses: row.addresses,
    joinedAt: row.at,
    signed: row.signed,
    missed: row.missed,
    slashed: row.slashed,
    paid: (paidTo.get(row.key) ?? []).map(({ asset, amount }) => ({ asset, amount })),
    tx: row.tx,
    block: row.block,
  }))
}
