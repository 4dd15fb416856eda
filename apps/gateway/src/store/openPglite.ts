import { existsSync, mkdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { type Logger, openStore as openFile } from '@tender/kit'
import { failureClass } from '@tender/protocol'
import { drizzle } from 'drizzle-orm/pglite'
import type { Connection } from './database.ts'
import { freshDatabase } from './freshDatabase.ts'
import * as schema from './schema.ts'
import { storeInUse } from './storeErrors.ts'

/**
 * Opens the embedded database, in a directory or, without one, in memory. It runs in this process, one query at a time; no statement
 * can be stopped once it runs.
 *
 * @throws {TenderError} `storeInUse` if another process has the directory open
 */
export async function openPglite(directory: string | undefined, log: Logger | undefined): Promise<Connection> {
  const unlock = directory === undefined ? () => {} : lock(directory)
  const startedMs = performance.now()
  const slow = setTimeout(
    () => log?.info({ directory }, 'the embedded database is being opened; the first time takes longer'),
    500,
  )
  try {
    const client = directory === undefined ? await create() : await openDirectory(join(directory, 'pglite'))
    log?.info({ directory, ms: Math.round(performance.now() - startedMs) }, 'the embedded database is open')
    const db = drizzle({ client, schema })
    const close = async () => {
      await client.close()
      unlock()
    }
    return { kind: 'pglite', reader: db, writer: async () => db, close }
  } catch (error) {
    unlock()
    throw error
  } finally {
    clearTimeout(slow)
  }
}

async function create(dataDir?: string): Promise<PGlite> {
  const loadDataDir = await freshDatabase()
  return PGlite.create({ ...(dataDir === undefined ? {} : { dataDir }), ...(loadDataDir ? { loadDataDir } : {}) })
}

/** A database that was begun is there whole or not at all: who is killed meanwhile begins again. */
async function openDirectory(dataDir: string): Promise<PGlite> {
  if (!existsSync(dataDir)) {
    const begun = `${dataDir}.new`
    await rm(begun, { recursive: true, force: true })
    const client = await create(begun)
    await client.close()
    await rename(begun, dataDir)
  }
  return PGlite.create({ dataDir })
}

/** The operating system gives the lock back when this process ends, however that happens. */
function lock(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  try {
    return openFile({ file: join(directory, 'lock.db') }).close
  } catch (error) {
    throw failureClass(error) === 'conflict' ? storeInUse(directory, error) : error
  }
}
