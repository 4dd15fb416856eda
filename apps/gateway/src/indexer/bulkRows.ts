import { type SQL, sql } from 'drizzle-orm'
import type { Transaction } from '../store/database.ts'
import type { JsonRow, TableShape } from './tableShape.ts'

/** Rows of one statement: a text of about a megabyte. The embedded database never gives memory back that it once needed. */
const ROWS_AT_ONCE = 1_000

/** Writes rows that are new. */
export function insertRows(tx: Transaction, shape: TableShape, rows: readonly JsonRow[]): Promise<void> {
  return inParts(tx, rows, (json) => sql`INSERT INTO ${nameOf(shape)} ${selectFrom(shape, json)}`)
}

/** Writes rows, in the place of those with the same keys. */
export function upsertRows(tx: Transaction, shape: TableShape, rows: readonly JsonRow[]): Promise<void> {
  const keys = list(shape.keys.map(({ name }) => sql.identifier(name)))
  const others = shape.columns.filter((column) => !shape.keys.includes(column))
  const changes = list(others.map(({ name }) => sql`${sql.identifier(name)} = excluded.${sql.identifier(name)}`))
  const conflict = sql`ON CONFLICT (${keys}) DO UPDATE SET ${changes}`
  return inParts(tx, rows, (json) => sql`INSERT INTO ${nameOf(shape)} ${selectFrom(shape, json)} ${conflict}`)
}

/** Deletes rows by their keys. */
export function deleteRows(tx: Transaction, shape: TableShape, keys: readonly JsonRow[]): Promise<void> {
  const same = shape.keys.map(({ name }) => sql`t.${sql.identifier(name)} = k.${sql.identifier(name)}`)
  const table = nameOf(shape)
  return inParts(
    tx,
    keys,
    (json) =>
      sql`DELETE FROM ${table} t USING json_populate_recordset(null::${table}, ${json}::json) k WHERE ${sql.join(same, sql` AND `)}`,
  )
}

/** All columns by name, in the schema's order: a table's own order is that of its migrations. */
function selectFrom(shape: TableShape, json: string): SQL {
  const columns = list(shape.columns.map(({ name }) => sql.identifier(name)))
  return sql`(${columns}) SELECT ${columns} FROM json_populate_recordset(null::${nameOf(shape)}, ${json}::json)`
}

/** One parameter however many rows there are, and the database does the reading: several times faster than a parameter a value. */
async function inParts(tx: Transaction, rows: readonly JsonRow[], statement: (json: string) => SQL): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    await tx.execute(statement(JSON.stringify(rows.slice(at, at + ROWS_AT_ONCE))))
  }
}

/** With its schema. */
function nameOf(shape: TableShape): SQL {
  return sql`${shape.table}`
}

function list(parts: Parameters<typeof sql.join>[0]): SQL {
  return sql.join(parts, sql`, `)
}
