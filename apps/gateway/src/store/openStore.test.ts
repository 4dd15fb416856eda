import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { expect, onTestFinished, test } from 'vitest'
import { emptyChainTables } from '../indexer/undoBlocks.ts'
import { describeStores } from '../testStores.ts'
import type { Change } from './changeFeed.ts'
import { openStore } from './openStore.ts'
import { rowsOf } from './rows.ts'
import * as schema from './schema.ts'

const tables = Object.values(schema).filter((value) => value instanceof PgTable)
const draft = (id: string) => ({ account: '0x1', id, name: '', content: '', createdAt: 1, updatedAt: 1 }) as const
const told = (hash: string) => ({ type: 'order', tenant: null, provider: null, data: { hash } }) as const

describeStores('a store', (stores) => {
  test('has the tables, columns, keys and indexes that the schema says', async () => {
    const store = await stores.open()
    const columns = await store.read(async (db) =>
      rowsOf(
        await db.execute(sql`
          SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END AS line
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          WHERE c.relnamespace = 'tender_gateway'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND c.relname <> 'migrations'`),
      ).map(({ line }) => line),
    )
    const meant = tables.flatMap((table) => {
      const { name, columns } = getTableConfig(table)
      return columns.map((column) => {
        const type = column.getSQLType().replace('bigserial', 'bigint').replace(', ', ',')
        return `${name}.${column.name} ${type}${column.notNull ? ' not null' : ''}`
      })
    })
    expect(columns.sort()).toEqual(meant.sort())

    const indexes = await store.read(async (db) =>
      rowsOf(
        await db.execute(
          sql`SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'tender_gateway' AND indexname !~ '_pk(ey)?$'`,
        ),
      ).map(({ name }) => name),
    )
    const meantIndexes = tables.flatMap((table) => {
      const config = getTableConfig(table)
      const unique = config.columns.flatMap(({ isUnique, uniqueName }) => (isUnique ? [uniqueName] : []))
      return [...config.indexes.map((index) => index.config.name), ...unique]
    })
    expect(indexes.sort()).toEqual(meantIndexes.sort())
  })

  test('keeps what was written, also when its tables are brought up to date again', async () => {
    const place = await stores.place()
    const first = await stores.open(place)
    await first.write(({ tx }) => tx.insert(schema.drafts).values(draft('a')))
    await first.close()
    const second = await stores.open(place)
    expect(await second.read((db) => db.select().from(schema.drafts))).toEqual([draft('a')])
  })

  test('what else is in the database is left alone, whatever its name', async () => {
    const place = await stores.place()
    const store = await stores.open(place)
    const names = [...tables.map((table) => getTableConfig(table).name), 'migrations']
    await store.write(async ({ tx }) => {
      for (const name of names)
        await tx.execute(sql`CREATE TABLE public.${sql.identifier(name)} AS SELECT 'other' AS of`)
    })
    await store.close()
    const again = await stores.open(place)
    await again.write(({ tx }) => tx.insert(schema.drafts).values(draft('g')))
    await again.write(({ tx }) => emptyChainTables(tx))
    expect(await again.read((db) => db.select().from(schema.drafts))).toEqual([draft('g')])
    for (const name of names) {
      const rows = await again.read((db) => db.execute(sql`SELECT * FROM public.${sql.identifier(name)}`))
      expect([name, rowsOf(rows)]).toEqual([name, [{ of: 'other' }]])
    }
  })

  test('is one writer’s', async () => {
    const place = await stores.place()
    const first = await stores.open(place)
    await expect(openStore(place)).rejects.toMatchObject({ code: 'storeInUse', class: 'conflict' })
    await first.close()
    await stores.open(place)
  })

  test('a newer version’s database is refused', async () => {
    const place = await stores.place()
    const store = await stores.open(place)
    await store.write(({ tx }) => tx.execute(sql`INSERT INTO tender_gateway.migrations VALUES (999, 'later')`))
    await store.close()
    await expect(openStore(place)).rejects.toMatchObject({ code: 'storeTooNew', class: 'conflict' })
  })

  test('what fails halfway is not there, and nobody is told', async () => {
    const store = await stores.open()
    const heard: Change[] = []
    store.onChange((change) => heard.push(change))
    const failing = store.write(async ({ tx, tell }) => {
      await tx.insert(schema.drafts).values(draft('b'))
      tell(told('0x1'))
      throw new Error('halfway')
    })
    await expect(failing).rejects.toThrow('halfway')
    expect(await store.read((db) => db.select().from(schema.drafts))).toEqual([])
    expect(heard).toEqual([])
  })

  test('changes are told after their commit, in order, and to who was away', async () => {
    const store = await stores.open()
    const heard: Change[] = []
    const stop = store.onChange((change) => heard.push(change))
    await Promise.all(
      ['0x1', '0x2', '0x3'].map((hash) =>
        store.write(async ({ tell }) => {
          tell(told(hash))
          tell(told(`${hash}0`))
        }),
      ),
    )
    expect(heard.map(({ data }) => data.hash)).toEqual(['0x1', '0x10', '0x2', '0x20', '0x3', '0x30'])
    const seqs = heard.map(({ seq }) => seq)
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    expect(new Set(seqs).size).toBe(6)
    expect(await store.changesSince(seqs[1] ?? 0, 3)).toEqual(heard.slice(2, 5))
    stop()
    await store.write(async ({ tell }) => tell(told('0x4')))
    expect(heard).toHaveLength(6)
  })

  test('answers whether it is there', async () => {
    const store = await stores.open()
    await store.check()
    await store.close()
    await expect(store.check()).rejects.toThrow()
  })

  if (stores.kind === 'postgres') {
    test('survives a restart of PostgreSQL', async () => {
      const store = await stores.open()
      await store.write(({ tx }) => tx.insert(schema.drafts).values(draft('c')))
      const halfway = store.write(async ({ tx }) => {
        await tx.insert(schema.drafts).values(draft('d'))
        await stores.restart()
        await tx.insert(schema.drafts).values(draft('e'))
      })
      await expect(halfway).rejects.toMatchObject({ code: 'databaseUnreachable', class: 'network' })
      await store.write(({ tx }) => tx.insert(schema.drafts).values(draft('f')))
      const ids = await store.read((db) => db.select({ id: schema.drafts.id }).from(schema.drafts))
      expect(ids).toEqual([{ id: 'c' }, { id: 'f' }])
    })

    test('a statement that takes too long is stopped', async () => {
      const store = await stores.open({ ...(await stores.place()), readTimeoutMs: 50 })
      const slow = store.read(async (db) => void (await db.execute(sql`SELECT pg_sleep(30)`)))
      await expect(slow).rejects.toMatchObject({ code: 'timedOut', class: 'network' })
    })
  }
})

test('an embedded database whose making was cut short is made again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tender-store-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  await mkdir(join(directory, 'pglite.new'))
  await writeFile(join(directory, 'pglite.new/PG_VERSION'), '18')
  const store = await openStore({ directory })
  await store.check()
  await store.close()
  expect(existsSync(join(directory, 'pglite.new'))).toBe(false)
})
