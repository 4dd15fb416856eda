import { jobStateSchema } from '@tender/api'
import type { Metrics } from '@tender/kit'
import { providerStatuses } from '@tender/protocol'
import { and, count, eq, gt, isNotNull, ne, sum } from 'drizzle-orm'
import type { Store } from '../store/openStore.ts'
import { classes, jobs, leases, providers } from '../store/schema.ts'

export type MarketReading = {
  store: Pick<Store, 'read'>
  /** Unix seconds by the chain's clock. */
  now(): number
}

const MOST_CLASSES = 64
const openStates = jobStateSchema.exclude(['ended'])

/** The market as the chain has it. */
export function addMarketMetrics(metrics: Metrics, { store, now }: MarketReading): void {
  const listed = () => store.read((db) => db.select().from(classes).limit(MOST_CLASSES))
  metrics.gauge('market_committed_units', {
    help: 'Units that providers committed, by resource class.',
    labels: { resource: MOST_CLASSES },
    read: async () => (await listed()).map(({ committed, resource }) => [committed, { resource }] as const),
  })
  metrics.gauge('market_leased_units', {
    help: 'Units that leases have, by resource class.',
    labels: { resource: MOST_CLASSES },
    read: async () => (await listed()).map(({ leased, resource }) => [leased, { resource }] as const),
  })
  metrics.gauge('market_running_leases', {
    help: 'Leases that run and that nobody ended.',
    read: () =>
      store.read(async (db) => {
        const running = and(gt(leases.stop, now()), eq(leases.closedAt, 0))
        const [row] = await db.select({ running: count() }).from(leases).where(running)
        return row?.running ?? 0
      }),
  })
  metrics.counter('market_opened_leases_total', {
    help: 'Leases that were ever opened.',
    read: () =>
      store.read(async (db) => {
        const [row] = await db.select({ opened: sum(providers.leases) }).from(providers)
        return Number(row?.opened ?? 0)
      }),
  })
  metrics.gauge('market_open_jobs', {
    help: 'Jobs that did not end, by how they stand.',
    labels: { state: openStates.options },
    read: () =>
      store.read(async (db) => {
        const open = ne(jobs.state, 'ended')
        const rows = await db.select({ open: count(), state: jobs.state }).from(jobs).where(open).groupBy(jobs.state)
        return rows.map(({ open, state }) => [open, { state: openStates.parse(state) }] as const)
      }),
  })
  metrics.counter('market_judged_jobs_total', {
    help: 'Jobs that validators decided, by whether the result was good.',
    labels: { passed: ['true', 'false'] },
    read: () =>
      store.read(async (db) => {
        const judged = isNotNull(jobs.passed)
        const rows = await db
          .select({ judged: count(), passed: jobs.passed })
          .from(jobs)
          .where(judged)
          .groupBy(jobs.passed)
        return rows.map(({ judged, passed }) => [judged, { passed: passed ? 'true' : 'false' }] as const)
      }),
  })
  metrics.gauge('market_active_providers', {
    help: 'Providers that may sell.',
    read: () =>
      store.read(async (db) => {
        const [row] = await db
          .select({ active: count() })
          .from(providers)
          .where(eq(providers.status, providerStatuses.active))
        return row?.active ?? 0
      }),
  })
}
