import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { type OpenStoreOptions, openStore, type Store } from './store/openStore.ts'
import { postgresPrograms, startTemporaryPostgres, type TemporaryPostgres } from './temporaryPostgres.ts'

/** Databases of one kind, for one suite. What is still open is closed after it. */
export type TestStores = {
  readonly kind: Store['kind']
  /** Opens an empty store, or again one of `place`. */
  open(place?: OpenStoreOptions): Promise<Store>
  /** An empty database that outlives being closed. */
  place(): Promise<OpenStoreOptions>
  /** Ends every connection to a place's database. @returns how many there were. Only of PostgreSQL. */
  cut(place: OpenStoreOptions): Promise<number>
  /** Crashes PostgreSQL and starts it again. Only of that kind. */
  restart(): Promise<void>
}

/**
 * Describes a suite twice: on the embedded database and on a real PostgreSQL. Where PostgreSQL is not installed its half is skipped,
 * and says so.
 *
 * @example
 * describeStores('prices', (stores) => {
 *   test('a median', async () => {
 *     const store = await stores.open()
 *   })
 * })
 */
export function describeStores(name: string, suite: (stores: TestStores) => void): void {
  describe(`${name} on pglite`, () => suite(embedded()))
  const why = postgresPrograms ? '' : ' (skipped: no PostgreSQL in /usr/lib/postgresql; apt-get install postgresql)'
  describe.skipIf(why !== '')(`${name} on postgres${why}`, () => suite(served()))
}

function embedded(): TestStores {
  const homes: string[] = []
  const open = opening(() => ({}))
  afterAll(() => Promise.all(homes.map((home) => rm(home, { recursive: true, force: true }))))
  return {
    kind: 'pglite',
    open,
    async place() {
      const directory = await mkdtemp(join(tmpdir(), 'tender-store-'))
      homes.push(directory)
      return { directory }
    },
    cut: () => Promise.reject(new Error('only PostgreSQL has connections')),
    restart: () => Promise.reject(new Error('only PostgreSQL restarts')),
  }
}

function served(): TestStores {
  let server: TemporaryPostgres | undefined
  const running = (): TemporaryPostgres => {
    if (!server) throw new Error('only in tests and hooks')
    return server
  }
  beforeAll(async () => {
    server = await startTemporaryPostgres()
  })
  afterAll(() => server?.stop())
  const place = async () => ({ databaseUrl: await running().createDatabase() })
  return { kind: 'postgres', open: opening(place), place, cut, restart: () => running().restart() }
}

async function cut({ databaseUrl = '' }: OpenStoreOptions): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const others = 'datname = current_database() AND pid <> pg_backend_pid()'
  const { rowCount } = await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`)
  await client.end()
  return rowCount ?? 0
}

/** Hooks run in reverse: stores are closed before what they stand on is gone. */
function opening(empty: () => OpenStoreOptions | Promise<OpenStoreOptions>) {
  const stores: Store[] = []
  afterAll(() => Promise.all(stores.map((store) => store.close())))
  return async (place?: OpenStoreOptions): Promise<Store> => {
    const store = await openStore(place ?? (await empty()))
    stores.push(store)
    return store
  }
}
