import { and, desc, eq, gt, lt, lte, type SQL, sql } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import { describeStores } from '../testStores.ts'
import type { Store } from './openStore.ts'
import { rowsOf } from './rows.ts'
import { jobs, leases, matches, movements } from './schema.ts'

/** Enough for a database to prefer an index. */
const LEASES = 20_000
/** Rows that a page of 51 looks at, at most: of frequent providers others are passed over rather than sought, history is not. */
const FEW = 3_000
const NOW = 1_000_000 + LEASES
const tenant = '0xtenant7'
const middle = LEASES / 2

/** Past leases of a hundred tenants and fifty providers; the last ones run. */
const fill = sql`
  INSERT INTO ${leases} SELECT n::text, n, n, 'tx', 1000000 + n, 'order' || n, 'offer' || n, 0, '0xtenant' || n % 100, n % 50, 'payout', '0xasset',
    'class' || n % 5, 1, 3600, 1000000 + n, 2000000, 0, 1, 0, 0, 0, 0, 600, 'none', 'none', 1000000 + n + 50, 0, 1000000 + n + 50, 0, 0,
    true, true, true, 0, null, null, null, 50, 49, 1, 0, 0, 0
  FROM generate_series(1, ${sql.raw(String(LEASES))}) AS n`

describeStores('lists', (stores) => {
  let store: Store
  beforeAll(async () => {
    store = await stores.open()
    await store.write(async ({ tx }) => {
      await tx.execute(fill)
      await tx.execute(sql`
        INSERT INTO ${matches} SELECT position, block, tx, at, id, order_hash, tenant, provider, asset, resource, units, rate, 3600 FROM ${leases}`)
      await tx.execute(sql`
        INSERT INTO ${movements} SELECT position, block, tx, at, 0, tenant, 'escrow', 'lease', asset, -50, null, id, null, provider, null FROM ${leases}`)
    })
    await store.write(({ tx }) =>
      tx.execute(sql`
        INSERT INTO ${jobs} SELECT id, position, block, tx, at, tenant, provider, CASE WHEN position > ${LEASES - 30} THEN 'begun' ELSE 'ended' END,
          null, null, null, null, null, 0, '[]', null, null, null, null, null, null, null, null, null, 0, 0, 0, 0 FROM ${leases}`),
    )
    await store.write(({ tx }) => tx.execute(sql`ANALYZE ${leases}, ${matches}, ${movements}, ${jobs}`))
  })

  /** How the database does it, and of how many rows it looks at most at. */
  async function planOf(
    where: SQL | undefined,
    table: typeof leases | typeof matches | typeof movements | typeof jobs,
    order: SQL,
  ) {
    const rows = await store.read(async (db) => {
      const query = db.select().from(table).where(where).orderBy(order).limit(51).getSQL()
      return rowsOf(await db.execute(sql`EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) ${query}`))
    })
    const plan = JSON.stringify(rows)
    const looked = [...plan.matchAll(/"Actual Rows":\s*(\d+)/g), ...plan.matchAll(/"Rows Removed by Filter":\s*(\d+)/g)]
    return { scansAll: plan.includes('"Seq Scan"'), most: Math.max(...looked.map(([, count]) => Number(count))) }
  }

  const newest = desc(leases.position)
  const lists = {
    'of a tenant': and(eq(leases.tenant, tenant), lt(leases.position, middle)),
    'of a provider': and(eq(leases.provider, 7n), lt(leases.position, middle)),
    'of a class': and(eq(leases.resource, 'class3'), lt(leases.position, middle)),
    'of all': lt(leases.position, middle),
    'that run': gt(leases.stop, NOW),
    'that run of a tenant': and(eq(leases.tenant, tenant), gt(leases.stop, NOW)),
    'that run of a provider': and(eq(leases.provider, 7n), gt(leases.stop, NOW)),
    'that ended': and(lte(leases.stop, NOW), lt(leases.position, middle)),
    'that ended of a class': and(eq(leases.resource, 'class3'), lte(leases.stop, NOW), lt(leases.position, middle)),
  }
  test.each(Object.entries(lists))('leases %s are read off an index, a page of them', async (_, where) => {
    const { scansAll, most } = await planOf(where, leases, newest)
    expect(scansAll).toBe(false)
    expect(most).toBeLessThan(FEW)
  })

  const ofJobs = {
    'of a tenant': and(eq(jobs.tenant, tenant), lt(jobs.position, middle)),
    'of a provider': and(eq(jobs.provider, 7n), lt(jobs.position, middle)),
    'of all': lt(jobs.position, middle),
    'that run': eq(jobs.state, 'begun'),
    'that run of a tenant': and(eq(jobs.tenant, tenant), eq(jobs.state, 'begun')),
    'that ended': and(eq(jobs.state, 'ended'), lt(jobs.position, middle)),
  }
  test.each(Object.entries(ofJobs))('jobs %s too', async (_, where) => {
    const { scansAll, most } = await planOf(where, jobs, desc(jobs.position))
    expect(scansAll).toBe(false)
    expect(most).toBeLessThan(FEW)
  })

  test('so are matches of a class, and an account’s movements', async () => {
    const ofClass = and(eq(matches.resource, 'class3'), eq(matches.asset, '0xasset'), lt(matches.position, middle))
    expect(await planOf(ofClass, matches, desc(matches.position))).toMatchObject({ scansAll: false })
    const own = and(eq(movements.account, tenant), lt(movements.position, middle))
    expect(await planOf(own, movements, desc(movements.position))).toMatchObject({ scansAll: false })
  })
})
