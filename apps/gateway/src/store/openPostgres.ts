import type { Logger } from '@tender/kit'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Connection } from './database.ts'
import * as schema from './schema.ts'
import { databaseUnreachable, storeInUse } from './storeErrors.ts'

export type PostgresLimits = {
  /** Of one statement that reads, and of one that writes. */
  readTimeoutMs: number
  writeTimeoutMs: number
  /** Readers at a time. */
  readers: number
}

const CONNECT_TIMEOUT_MS = 10_000

/** Advisory locks are per database: whoever holds this one writes. */
const WRITER_LOCK = 0x746e6472

type Writer = { db: NodePgDatabase<typeof schema>; client: pg.Client }

/**
 * Opens a PostgreSQL database: a pool that reads, and one connection that holds the writer's lock. A connection that was lost is made
 * anew when it is next needed, lock included.
 *
 * @throws {TenderError} `storeInUse` if another gateway writes to it
 */
export async function openPostgres(url: string, limits: PostgresLimits, log: Logger | undefined): Promise<Connection> {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'tender gateway',
    max: limits.readers,
    statement_timeout: limits.readTimeoutMs,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  // A connection that breaks while nobody uses it is replaced; without a listener it would end the process.
  pool.on('error', (error) => log?.warn({ error }, 'a connection to the database broke'))
  let writer: Writer | undefined
  const lost = (client: pg.Client) => {
    if (writer?.client === client) writer = undefined
  }
  const connect = () => connectWriter(url, limits, log, lost)
  try {
    writer = await connect()
    if (!writer) throw storeInUse('the database')
  } catch (error) {
    await pool.end()
    throw error
  }
  return {
    kind: 'postgres',
    reader: drizzle({ client: pool, schema }),
    async writer() {
      writer ??= await connect()
      // The server may not know yet that our last connection is gone.
      if (!writer) throw databaseUnreachable('the lock of the database is not ours at present')
      return writer.db
    },
    async close() {
      await Promise.all([pool.end(), writer?.client.end()])
    },
  }
}

/** @returns `undefined` if another session has the lock */
async function connectWriter(
  url: string,
  { writeTimeoutMs }: PostgresLimits,
  log: Logger | undefined,
  lost: (client: pg.Client) => void,
): Promise<Writer | undefined> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'tender gateway writer',
    statement_timeout: writeTimeoutMs,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  client.on('error', (error) => {
    log?.warn({ error }, 'the connection that writes to the database broke')
    lost(client)
  })
  client.on('end', () => lost(client))
  try {
    await client.connect()
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS held', [WRITER_LOCK])
    if (rows[0]?.held === true) return { db: drizzle({ client, schema }), client }
    await client.end()
    return undefined
  } catch (error) {
    await client.end().catch(() => {}) // it is broken already, and the error says how
    throw error
  }
}
