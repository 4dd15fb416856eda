import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'
import type { Store } from '../store/openStore.ts'
import { cursor } from '../store/schema.ts'
import { keyOf, shapeOf } from './tableShape.ts'
import { histories, journaled } from './undoBlocks.ts'

/** All rows that come from the chain, by their tables: what two databases of one chain must have in common. */
export async function dumpChainTables(store: Store): Promise<Record<string, unknown[]>> {
  const dump: Record<string, unknown[]> = {}
  for (const table of [...histories, ...journaled] satisfies PgTable[]) {
    const rows = await store.read((db) => db.select().from(table))
    dump[getTableConfig(table).name] = rows
      .map((row) => ({ key: keyOf(shapeOf(table), row), row }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ row }) => row)
  }
  const [{ block, hash, timestamp } = { block: 0, hash: '0x', timestamp: 0 }] = await store.read((db) =>
    db.select().from(cursor),
  )
  return { ...dump, cursor: [{ block, hash, timestamp }] }
}
