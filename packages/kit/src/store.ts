import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CorruptStateError, TenderError } from '@tender/protocol'
import type { z } from 'zod'
import { decodeValue, encodeValue } from './storeValue.ts'

/** Values of one kind under text keys. */
export type Collection<T> = {
  get(key: string): T | undefined
  /** Durable once it returns. */
  set(key: string, value: T): void
  /** Nothing happens where there is no such key. */
  delete(key: string): void
  /** All of them, by key; with `range` those from one key on and before another. */
  entries(range?: KeyRange): { key: string; value: T }[]
}

/** Keys are compared byte by byte. Absent: no bound. */
export type KeyRange = { from?: string; before?: string }

export type Store = {
  collection<T>(name: string, schema: z.ZodType<T>): Collection<T>
  /** All of what `work` writes, or, if it throws, none. `work` must not wait; one within another is part of it. */
  transaction<T>(work: () => T): T
  close(): void
}

export type OpenStoreOptions = {
  /** Its directory is made if need be. `:memory:` keeps nothing. */
  file: string
  /**
   * Changes of the stored shapes, oldest first, never edited once released. The schema's version is their number: a store
   * of an earlier version gets those it lacks, in one transaction, before anything reads it.
   */
  migrations?: readonly ((store: Store) => void)[]
}

/** "TNDR": marks a database file as ours. */
const applicationId = 0x544e4452
const sqlite = { busy: 5, corrupt: 11, notADatabase: 26 }

/**
 * Opens a daemon's durable store. A write is on disk when its call returns (WAL with a sync at each commit), so whatever
 * must outlive a crash is written before its effect. Values are JSON that may hold `bigint`; each read is checked against
 * the schema. One process has a store open at a time.
 *
 * @throws {CorruptStateError} if the file is damaged, or not ours, or (on a read) holds what the schema refuses
 * @throws {TenderError} `storeInUse` if another process has it open, `storeTooNew` if a newer version wrote it
 *
 * @example
 * const store = openStore({ file: '/home/ada/.tender/provider.db' })
 * const leases = store.collection('leases', leaseRecordSchema)
 * leases.set(leaseId, { state: 'starting', rate: 20_000n })   // before the workload starts
 */
export function openStore({ file, migrations = [] }: OpenStoreOptions): Store {
  if (file !== ':memory:') makeOwn(file)
  const db = open(file)
  try {
    const store = storeOver(db, file)
    migrate(db, store, file, migrations)
    return store
  } catch (error) {
    db.close()
    throw error
  }
}

/** What a store knows is its owner's alone to read; SQLite gives the files beside it the same mode. */
function makeOwn(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
}

function open(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    const { application_id: found } = db.prepare('PRAGMA application_id').get() ?? {}
    const empty = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables === 0
    if (found !== applicationId && !empty) throw corrupt(file, 'it is a database of another program')
    const check = db.prepare('PRAGMA quick_check(1)').get()?.quick_check
    if (check !== 'ok') throw corrupt(file, String(check))
    // Nothing is written where nothing is to do: a full disk must not keep a daemon from starting.
    if (found === applicationId) return db
    db.exec(`
      BEGIN IMMEDIATE;
      PRAGMA application_id = ${applicationId};
      CREATE TABLE IF NOT EXISTS entry (collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (collection, key)) STRICT, WITHOUT ROWID;
      COMMIT`)
    return db
  } catch (error) {
    db.close()
    throw openFailure(error, file)
  }
}

function openFailure(error: unknown, file: string): unknown {
  // CAST: node:sqlite puts SQLite's result code there, and its types do not say so.
  const code = error instanceof Error ? (error as { errcode?: number }).errcode : undefined
  if (code === undefined) return error
  // The low byte is the result, the rest says more about it.
  const result = code & 0xff
  if (result === sqlite.notADatabase || result === sqlite.corrupt) return corrupt(file, 'it is no database', error)
  if (result !== sqlite.busy) return error
  return new TenderError(`${file} is in use by another process`, {
    code: 'storeInUse',
    class: 'conflict',
    hint: 'Stop the other process, or give this one a directory of its own.',
    data: { file },
    cause: error,
  })
}

function corrupt(file: string, reason: string, cause?: unknown): CorruptStateError {
  return new CorruptStateError(file, {
    hint: `Put back a copy of it, or move it away to start without what it knew.`,
    data: { reason },
    cause,
  })
}

function migrate(db: DatabaseSync, store: Store, file: string, migrations: readonly ((store: Store) => void)[]): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version)
  if (version > migrations.length) {
    throw new TenderError(`${file} was written by a newer version`, {
      code: 'storeTooNew',
      class: 'conflict',
      hint: 'Run that version, or give this one a directory of its own.',
      data: { file, version, supported: migrations.length },
    })
  }
  if (version === migrations.length) return
  // A new store has no old shapes to change.
  const isNew = db.prepare('SELECT count(*) AS rows FROM entry').get()?.rows === 0
  store.transaction(() => {
    if (!isNew) for (const change of migrations.slice(version)) change(store)
    db.exec(`PRAGMA user_version = ${migrations.length}`)
  })
}

function storeOver(db: DatabaseSync, file: string): Store {
  const decode = <T>(schema: z.ZodType<T>, text: unknown, place: string): T => {
    const result = schema.safeParse(decodeValue(String(text)))
    if (result.success) return result.data
    throw corrupt(file, `${place} is not what it should be`, result.error)
  }
  return {
    collection: (name, schema) => collectionOver(db, name, (text, key) => decode(schema, text, `${name} ${key}`)),
    transaction(work) {
      if (db.isTransaction) return work()
      db.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        if (result instanceof Promise) throw new TypeError('a transaction cannot wait: it would commit before its end')
        db.exec('COMMIT')
        return result
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
    },
    close: () => db.close(),
  }
}

function collectionOver<T>(db: DatabaseSync, name: string, decode: (text: unknown, key: string) => T): Collection<T> {
  const get = db.prepare('SELECT value FROM entry WHERE collection = ? AND key = ?')
  const set = db.prepare('INSERT INTO entry VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
  const remove = db.prepare('DELETE FROM entry WHERE collection = ? AND key = ?')
  const all = db.prepare('SELECT key, value FROM entry WHERE collection = ? AND key >= ? ORDER BY key')
  const some = db.prepare('SELECT key, value FROM entry WHERE collection = ? AND key >= ? AND key < ? ORDER BY key')
  return {
    get(key) {
      const row = get.get(name, key)
      return row && decode(row.value, key)
    },
    set: (key, value) => void set.run(name, key, encodeValue(value)),
    delete: (key) => void remove.run(name, key),
    entries({ from = '', before } = {}) {
      const rows = before === undefined ? all.all(name, from) : some.all(name, from, before)
      return rows.map(({ key, value }) => ({ key: String(key), value: decode(value, String(key)) }))
    },
  }
}
