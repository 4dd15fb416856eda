import type { ExtractTablesWithRelations } from 'drizzle-orm'
import type { PgDatabase, PgQueryResultHKT, PgTransaction } from 'drizzle-orm/pg-core'
import type * as schema from './schema.ts'

/** Either database, as drizzle sees it. */
export type Database = PgDatabase<PgQueryResultHKT, typeof schema>

/** A transaction on either database. */
export type Transaction = PgTransaction<PgQueryResultHKT, typeof schema, ExtractTablesWithRelations<typeof schema>>

/** What both kinds of database do for the store. */
export type Connection = {
  readonly kind: 'pglite' | 'postgres'
  /** Reads, several at a time where the database can. */
  readonly reader: Database
  /** The one connection that writes. Connects anew after a loss. */
  writer(): Promise<Database>
  close(): Promise<void>
}
