import { and, eq, inArray } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { NewChange } from '../store/changeFeed.ts'
import type { Database, Transaction } from '../store/database.ts'
import { undo } from '../store/schema.ts'
import { insertRows, upsertRows } from './bulkRows.ts'
import { type JsonRow, keyOf, shapeOf, type TableShape, toJson } from './tableShape.ts'

type Row<T extends PgTable> = T['$inferSelect']
type AnyRow = Record<string, unknown>
type KeyValue = string | number | bigint

/**
 * What some blocks change, before it is written. Rows that were read or written lately stay in memory from one draft to the next: the
 * indexer is the only one that writes them.
 */
export type Draft = {
  /** The row with that primary key, its parts in the table's order, as it is after what was done so far. */
  get<T extends PgTable>(table: T, ...key: readonly KeyValue[]): Promise<Row<T> | undefined>
  /** Reads many rows at once, by their keys, for the `get`s to come. */
  preload(table: PgTable, keys: readonly (readonly KeyValue[])[]): Promise<void>
  /** Writes a row that was got, or whose absence was. */
  put<T extends PgTable>(table: T, row: Row<T>): void
  /** Writes a row whose key cannot be there yet. */
  create<T extends PgTable>(table: T, row: Row<T>): void
  /** Adds to a history: a table whose rows have a `position`, and are never changed. */
  add<T extends PgTable>(table: T, row: Row<T>): void
  tell(change: NewChange): void
  /** What follows is done by this block. */
  enter(block: number): void
  /** Writes all of it within a transaction. */
  flush(tx: Transaction): Promise<void>
  /** What to tell once it is written. */
  readonly told: readonly NewChange[]
}

/** Rows that stay in memory: some ten megabytes. */
const REMEMBERED_ROWS = 30_000
const KEYS_AT_ONCE = 2_000

/** Rows by their tables and keys; null: there is none. */
export type RowMemory = Map<string, AnyRow | null>

export type DraftOptions = {
  read<T>(work: (db: Database) => Promise<T>): Promise<T>
  memory: RowMemory
  /** Whether rows as they were are written down, for blocks that may be taken back. */
  journal: boolean
}

export function createDraft({ read, memory, journal }: DraftOptions): Draft {
  const changed = new Map<TableShape, Map<string, AnyRow>>()
  const added = new Map<TableShape, JsonRow[]>()
  const before = new Map<string, JsonRow>()
  const told: NewChange[] = []
  let block = 0

  function recall(name: string): AnyRow | null | undefined {
    const row = memory.get(name)
    if (row === undefined) return undefined
    // What is used stays longest.
    memory.delete(name)
    memory.set(name, row)
    return row
  }

  /** What was changed meanwhile is newer than what was read. */
  function remember(name: string, row: AnyRow): void {
    if (!memory.get(name)) memory.set(name, row)
  }

  function write(shape: TableShape, row: AnyRow, old: AnyRow | null): void {
    const key = keyOf(shape, row)
    if (journal) {
      const name = `${block} ${shape.name} ${key}`
      if (!before.has(name)) before.set(name, journalRow(block, shape, key, old))
    }
    memory.set(`${shape.name} ${key}`, row)
    const rows = changed.get(shape) ?? new Map<string, AnyRow>()
    changed.set(shape, rows.set(key, row))
  }

  return {
    told,
    async get(table, ...key) {
      const shape = shapeOf(table)
      const name = `${shape.name} ${keyText(shape, key)}`
      const known = recall(name)
      // CAST: rows of a table are kept under its name
      if (known !== undefined) return (known ?? undefined) as typeof table.$inferSelect | undefined
      const same = shape.keys.map(({ column }, index) => eq(column, key[index]))
      const [found] = await read((db) =>
        db
          .select()
          .from(shape.table)
          .where(and(...same)),
      )
      memory.set(name, found ?? null)
      // CAST: as above
      return found as typeof table.$inferSelect | undefined
    },
    async preload(table, keys) {
      const shape = shapeOf(table)
      const [first] = shape.keys
      if (!first) return
      const missing = keys.filter((key) => !memory.has(`${shape.name} ${keyText(shape, key)}`))
      for (let at = 0; at < missing.length; at += KEYS_AT_ONCE) {
        const some = missing.slice(at, at + KEYS_AT_ONCE)
        for (const key of some) memory.set(`${shape.name} ${keyText(shape, key)}`, null)
        const firsts = [...new Set(some.map(([value]) => value))]
        const rows = await read((db) => db.select().from(shape.table).where(inArray(first.column, firsts)))
        for (const row of rows) remember(`${shape.name} ${keyOf(shape, row)}`, row)
      }
    },
    put(table, row) {
      const shape = shapeOf(table)
      const old = memory.get(`${shape.name} ${keyOf(shape, row)}`)
      if (old === undefined) throw new Error(`a row of ${shape.name} was written unread`)
      write(shape, row, old)
    },
    create: (table, row) => write(shapeOf(table), row, null),
    add(table, row) {
      const shape = shapeOf(table)
      const rows = added.get(shape)
      if (rows) rows.push(toJson(shape, row))
      else added.set(shape, [toJson(shape, row)])
    },
    tell: (change) => void told.push(change),
    enter(next) {
      block = next
    },
    async flush(tx) {
      for (const [shape, rows] of added) await insertRows(tx, shape, rows)
      for (const [shape, rows] of changed)
        await upsertRows(
          tx,
          shape,
          [...rows.values()].map((row) => toJson(shape, row)),
        )
      await insertRows(tx, shapeOf(undo), [...before.values()])
    },
  }
}

/** Forgets what was not used for longest. */
export function trimMemory(memory: RowMemory): void {
  for (const name of memory.keys()) {
    if (memory.size <= REMEMBERED_ROWS) return
    memory.delete(name)
  }
}

function journalRow(block: number, shape: TableShape, key: string, old: AnyRow | null): JsonRow {
  return { block, table_name: shape.name, key, before: old && toJson(shape, old) }
}

function keyText(shape: TableShape, key: readonly KeyValue[]): string {
  return JSON.stringify(Object.fromEntries(shape.keys.map(({ name }, index) => [name, String(key[index])])))
}
