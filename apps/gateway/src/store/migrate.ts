import { readFileSync } from 'node:fs'
import { TenderError } from '@tender/protocol'
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { rowsOf } from './rows.ts'
import { ownSchema } from './tables/columns.ts'

/** Changes of the tables, oldest first; never edited once released. */
const MIGRATIONS = ['0001Initial.sql', '0002Jobs.sql'] as const

const own = sql.identifier(ownSchema.schemaName)
const migrations = sql`${own}.migrations`

/**
 * Brings the tables to the present version, each change in a transaction of its own. Only for who holds the writer's lock. Nothing
 * outside the gateway's own schema is touched.
 *
 * @throws {TenderError} `storeTooNew` if a newer version wrote the database
 */
export async function migrate(db: Database): Promise<void> {
  await createSchema(db)
  await db.execute(sql`CREATE TABLE IF NOT EXISTS ${migrations} (version integer PRIMARY KEY, name text NOT NULL)`)
  const [row] = rowsOf(await db.execute(sql`SELECT coalesce(max(version), 0) AS version FROM ${migrations}`))
  const version = Number(row?.version)
  if (version > MIGRATIONS.length) throw tooNew(version)
  for (const [index, name] of MIGRATIONS.entries()) {
    if (index < version) continue
    await db.transaction(async (tx) => {
      const statements = readFileSync(new URL(`./migrations/${name}`, import.meta.url), 'utf8').split(
        '--> statement-breakpoint',
      )
      for (const statement of statements) await tx.execute(sql.raw(statement))
      await tx.execute(sql`INSERT INTO ${migrations} VALUES (${index + 1}, ${name})`)
    })
  }
}

/** Who may not make schemas in this database uses the one that its owner made. */
async function createSchema(db: Database): Promise<void> {
  const [row] = rowsOf(await db.execute(sql`SELECT to_regnamespace(${ownSchema.schemaName}) IS NOT NULL AS there`))
  if (row?.there !== true) await db.execute(sql`CREATE SCHEMA IF NOT EXISTS ${own}`)
}

function tooNew(version: number): TenderError {
  return new TenderError('the database was written by a newer version', {
    code: 'storeTooNew',
    class: 'conflict',
    hint: 'Run that version, or give this one a database of its own.',
    data: { version, supported: MIGRATIONS.length },
  })
}
