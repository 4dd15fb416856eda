import { type Logger, retry } from '@tender/kit'
import { TimedOutError } from '@tender/protocol'
import { sql } from 'drizzle-orm'
import { type Change, createChangeFeed, type NewChange } from './changeFeed.ts'
import type { Connection, Database, Transaction } from './database.ts'
import { migrate } from './migrate.ts'
import { openPglite } from './openPglite.ts'
import { openPostgres } from './openPostgres.ts'
import { storeError } from './storeErrors.ts'

export type OpenStoreOptions = {
  /** A PostgreSQL database. Without it the database is embedded. */
  databaseUrl?: string | undefined
  /** Where the embedded database keeps its files. Without it, it is in memory. */
  directory?: string | undefined
  /** Of one statement that reads, in PostgreSQL. @default 10_000 */
  readTimeoutMs?: number | undefined
  /** Of one statement that writes, in PostgreSQL. @default 120_000 */
  writeTimeoutMs?: number | undefined
  /** Connections that read PostgreSQL. @default 10 */
  readers?: number | undefined
  /** Gives up opening. A PostgreSQL that is not there yet is waited for until then, at most about a minute. */
  signal?: AbortSignal | undefined
  log?: Logger | undefined
}

/** What a transaction that writes has. */
export type Writing = {
  readonly tx: Transaction
  /** Told to listeners, in order, once this is committed; never if it is not. */
  tell(change: NewChange): void
}

/** A gateway's database. */
export type Store = {
  readonly kind: Connection['kind']
  /**
   * Runs queries that only read.
   *
   * @throws {UnreachableError} `databaseUnreachable` @throws {TimedOutError} of a statement
   *
   * @example
   * const [lease] = await store.read((db) => db.select().from(leases).where(eq(leases.id, id)))
   */
  read<T>(work: (db: Database) => Promise<T>): Promise<T>
  /**
   * Runs a transaction; one after the other, so that what is told is in the order of commits. All of what `work` writes, or none.
   *
   * @throws {UnreachableError} `databaseUnreachable`: whether it was committed is then not known
   */
  write<T>(work: (writing: Writing) => Promise<T>): Promise<T>
  /** Told of each change after its commit, in order. A listener must not throw. @returns stops it */
  onChange(listener: (change: Change) => void): () => void
  /** Changes after one that was seen, oldest first. Those of the last day at least are kept. */
  changesSince(seq: number, limit: number): Promise<Change[]>
  /** Whether the database answers. @throws {UnreachableError} @throws {TimedOutError} */
  check(limitMs?: number): Promise<void>
  /** Waits for what is being written. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens a gateway's database and brings its tables up to date. One process writes to a database at a time.
 *
 * @throws {TenderError} `storeInUse`, `storeTooNew` @throws {UnreachableError} `databaseUnreachable`
 *
 * @example
 * const store = await openStore({ directory: '/home/ada/.tender/gateway' })
 * const store = await openStore({ databaseUrl: 'postgres://tender@db.example/tender' })
 */
export async function openStore(options: OpenStoreOptions = {}): Promise<Store> {
  const { readTimeoutMs = 10_000, writeTimeoutMs = 120_000 } = options
  const connection = await connect(options, { readTimeoutMs, writeTimeoutMs })
  try {
    await migrate(await connection.writer())
    return storeOver(connection, readTimeoutMs, writeTimeoutMs)
  } catch (error) {
    await connection.close()
    throw storeError(error, writeTimeoutMs)
  }
}

function connect(
  { databaseUrl, directory, readers = 10, signal = new AbortController().signal, log }: OpenStoreOptions,
  timeouts: { readTimeoutMs: number; writeTimeoutMs: number },
): Promise<Connection> {
  if (databaseUrl === undefined) return openPglite(directory, log)
  const open = () =>
    openPostgres(databaseUrl, { ...timeouts, readers }, log).catch((error: unknown) => {
      throw storeError(error, timeouts.writeTimeoutMs)
    })
  return retry(open, { signal, attempts: 10, onRetry: (failure) => log?.warn(failure, 'waiting for the database') })
}

function storeOver(connection: Connection, readTimeoutMs: number, writeTimeoutMs: number): Store {
  const feed = createChangeFeed()
  let last: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined

  async function writeNow<T>(work: (writing: Writing) => Promise<T>): Promise<T> {
    try {
      const db = await connection.writer()
      const { result, told } = await db.transaction(async (tx) => {
        const pending: NewChange[] = []
        const result = await work({ tx, tell: (change) => pending.push(change) })
        return { result, told: await feed.keep(tx, pending) }
      })
      feed.tell(told)
      return result
    } catch (error) {
      throw storeError(error, writeTimeoutMs)
    }
  }

  async function read<T>(work: (db: Database) => Promise<T>): Promise<T> {
    try {
      return await work(connection.reader)
    } catch (error) {
      throw storeError(error, readTimeoutMs)
    }
  }

  return {
    kind: connection.kind,
    read,
    write(work) {
      const done = last.then(() => writeNow(work))
      last = done.catch(() => {}) // told to who asked for it
      return done
    },
    onChange: feed.onChange,
    changesSince: (seq, limit) => read((db) => feed.since(db, seq, limit)),
    check: (limitMs = 2_000) =>
      within(
        limitMs,
        read(async (db) => void (await db.execute(sql`SELECT 1`))),
      ),
    close() {
      closing ??= last.then(() => connection.close())
      return closing
    },
  }
}

async function within(limitMs: number, answer: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOutError('the database', { limitMs })), limitMs)
  })
  try {
    await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
