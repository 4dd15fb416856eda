import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CorruptStateError, InvalidInputError, TenderError } from '@tender/protocol'
import type { CID } from 'multiformats/cid'
import { parseCid } from './cid.ts'

/** Names of what a store must keep. A change is on disk when its call returns. */
export type Pins = {
  set(name: string, cid: CID): void
  /** All of them, or none. */
  delete(names: readonly string[]): void
  get(name: string): CID | undefined
  all(): { name: string; cid: CID }[]
  close(): void
}

/** SQLite's result code for a database that another process has locked. */
const BUSY = 5

/** Opens the pins of a store, and with them the store: one process has it at a time, until it ends or closes it. */
export function openPins(dir: string): Pins {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = join(dir, 'pins.db')
  const db = open(file)
  const cidIn = (row: Record<string, unknown>): CID => {
    try {
      return parseCid(String(row.cid))
    } catch (cause) {
      throw corrupt(file, cause)
    }
  }
  return {
    set(name, cid) {
      checkName(name)
      db.prepare('INSERT INTO pin VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET cid = excluded.cid').run(
        name,
        cid.toString(),
      )
    },
    delete(names) {
      db.exec('BEGIN IMMEDIATE')
      try {
        const remove = db.prepare('DELETE FROM pin WHERE name = ?')
        for (const name of names) remove.run(name)
        db.exec('COMMIT')
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
    },
    get(name) {
      const row = db.prepare('SELECT cid FROM pin WHERE name = ?').get(name)
      return row && cidIn(row)
    },
    all: () =>
      db
        .prepare('SELECT name, cid FROM pin ORDER BY name')
        .all()
        .map((row) => ({ name: String(row.name), cid: cidIn(row) })),
    close: () => db.close(),
  }
}

function open(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    db.exec('BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS pin (name TEXT PRIMARY KEY, cid TEXT NOT NULL) STRICT; COMMIT')
    return db
  } catch (error) {
    db.close()
    // CAST: node:sqlite puts SQLite's result code there, and its types do not say so.
    const code = (error as { errcode?: number }).errcode
    if (code === undefined) throw error
    throw (code & 0xff) === BUSY ? inUse(file, error) : corrupt(file, error)
  }
}

function inUse(file: string, cause: unknown): TenderError {
  return new TenderError(`${file} is in use by another process`, {
    code: 'storeInUse',
    class: 'conflict',
    hint: 'Stop the other process, or give this one a directory of its own.',
    data: { file },
    cause,
  })
}

function corrupt(file: string, cause: unknown): CorruptStateError {
  return new CorruptStateError(file, { hint: 'Put back a copy of it, or move the store away to start anew.', cause })
}

function checkName(name: string): void {
  if (/^[\w.:/-]{1,200}$/.test(name)) return
  throw new InvalidInputError('a pin is wrong', [
    { message: `"${name.slice(0, 200)}" is no name of 1 to 200 letters, digits and . : / _ -` },
  ])
}
