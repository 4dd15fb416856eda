import { asc, gte, sql } from 'drizzle-orm'
import type { Transaction } from '../store/database.ts'
import * as schema from '../store/schema.ts'
import { deleteRows, upsertRows } from './bulkRows.ts'
import { positionOf } from './position.ts'
import { type JsonRow, shapeOf, type TableShape } from './tableShape.ts'

/** Tables whose rows are only ever added: what a block added goes with it. */
export const histories = [
  schema.events,
  schema.matches,
  schema.cancellations,
  schema.movements,
  schema.rewards,
  schema.settlements,
  schema.incidents,
  schema.attestations,
] as const

/** Tables whose rows change, with the journal's help. */
export const journaled = [
  schema.leases,
  schema.jobs,
  schema.auctions,
  schema.auctionBids,
  schema.providers,
  schema.capacity,
  schema.classes,
  schema.assets,
  schema.settings,
  schema.balances,
  schema.pools,
  schema.stakes,
  schema.unbondings,
  schema.commissions,
  schema.reports,
  schema.monitors,
  schema.disputes,
] as const

const shapesByName = new Map<string, TableShape>(journaled.map((table) => [shapeOf(table).name, shapeOf(table)]))

/** Takes back exactly what blocks from `fromBlock` on did. */
export async function undoBlocks(tx: Transaction, fromBlock: number): Promise<void> {
  const entries = await tx
    .select()
    .from(schema.undo)
    .where(gte(schema.undo.block, fromBlock))
    .orderBy(asc(schema.undo.block))
  const oldest = new Map<string, (typeof entries)[number]>()
  for (const entry of entries) {
    const name = `${entry.table} ${entry.key}`
    if (!oldest.has(name)) oldest.set(name, entry)
  }
  for (const [name, shape] of shapesByName) {
    const own = [...oldest.values()].filter(({ table }) => table === name)
    const gone = own.flatMap(({ key, before }) => (before === null ? [parseKey(key)] : []))
    await deleteRows(tx, shape, gone)
    await upsertRows(
      tx,
      shape,
      own.flatMap(({ before }) => (before === null ? [] : [before])),
    )
  }
  for (const table of histories) await tx.delete(table).where(gte(table.position, positionOf(fromBlock, 0)))
  await tx.delete(schema.undo).where(gte(schema.undo.block, fromBlock))
  await tx.delete(schema.blocks).where(gte(schema.blocks.block, fromBlock))
  await tx.update(schema.orders).set({ matchedBlock: null }).where(gte(schema.orders.matchedBlock, fromBlock))
  await tx.update(schema.orders).set({ cancelledBlock: null }).where(gte(schema.orders.cancelledBlock, fromBlock))
}

/** Empties what was read from the chain, or computed from it. What people keep here, and the changes that were told, stay. */
export async function emptyChainTables(tx: Transaction): Promise<void> {
  const { cursor, blocks, undo, leaves, providerEras, orders, contacts } = schema
  const tables = [...histories, ...journaled, cursor, blocks, undo, leaves, providerEras, orders, contacts]
  const names = tables.map((table) => sql`${table}`)
  await tx.execute(sql`TRUNCATE ${sql.join(names, sql`, `)}`)
}

function parseKey(key: string): JsonRow {
  // CAST: the journal's keys are written by `keyOf`
  return JSON.parse(key) as JsonRow
}
