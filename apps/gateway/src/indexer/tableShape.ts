import { type Column, getTableColumns } from 'drizzle-orm'
import { getTableConfig, type PgTable } from 'drizzle-orm/pg-core'

/** What the indexer needs to know of a table to write its rows in bulk. */
export type TableShape = {
  readonly table: PgTable
  /** In the database. */
  readonly name: string
  readonly columns: readonly NamedColumn[]
  /** The primary key's. */
  readonly keys: readonly NamedColumn[]
}

/** `property` is its name in a row, `name` its name in the database. */
type NamedColumn = { property: string; name: string; column: Column }

/** A row as JSON: by the columns' names, big integers as decimal texts. */
export type JsonRow = Record<string, unknown>

const shapes = new Map<PgTable, TableShape>()

export function shapeOf(table: PgTable): TableShape {
  const known = shapes.get(table)
  if (known) return known
  const columns = Object.entries(getTableColumns(table)).map(([property, column]) => {
    return { property, name: column.name, column }
  })
  const { name, primaryKeys } = getTableConfig(table)
  const composed = primaryKeys[0]?.columns.map((column) => column.name) ?? []
  const keys = columns.filter(({ column, name }) => column.primary || composed.includes(name))
  const shape = { table, name, columns, keys }
  shapes.set(table, shape)
  return shape
}

export function toJson(shape: TableShape, row: Record<string, unknown>): JsonRow {
  const json: JsonRow = {}
  for (const { property, name } of shape.columns) json[name] = plainValue(row[property])
  return json
}

/** The primary key of a row, as JSON. */
export function keyOf(shape: TableShape, row: Record<string, unknown>): string {
  const json: JsonRow = {}
  for (const { property, name } of shape.keys) json[name] = String(row[property])
  return JSON.stringify(json)
}

function plainValue(value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

/** Values of an event as JSON has them: big integers as decimal texts, also within. */
export function plainRecord(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, plainJson(value)]))
}

function plainJson(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(plainJson)
  return typeof value === 'object' && value !== null ? plainRecord(value) : value
}
