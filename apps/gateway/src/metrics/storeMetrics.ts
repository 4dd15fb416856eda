import type { Metrics } from '@tender/kit'
import { providerStatuses } from '@tender/protocol'
import { and, count, eq, gt, sum } from 'drizzle-orm'
import type { Store } from '../store/openStore.ts'
import { classes, cursor, leases, providers } from '../store/schema.ts'

export type StoreReading = {
  store: Pick<Store, 'read' | 'kind'>
  /** Unix seconds by the chain's clock. */
  now(): number
  /** The chain's latest block as last seen. */
  head(): { block: number; timestamp: number } | undefined
}

const MOST_CLASSES = 64

/** What the database knows: how far it is, and the market as the chain has it. */
export function addStoreMetrics(metrics: Metrics, reading: StoreReading): void {
  addProgress(metrics, reading)
  addMarket(metrics, reading)
}

function addProgress(metrics: Metrics, { store, head, now }: StoreReading): void {
  const position = async () => {
    const [row] = await store.read((db) => db.select().from(cursor).limit(1))
    return row
  }
  metrics.gauge('index_block_number', {
    help: 'The newest block that the database knows; 0: none.',
    read: async () => (await position())?.block ?? 0,
  })
  metrics.gauge('index_lag_blocks', {
    help: 'Blocks of the chain that are not in the database yet.',
    read: async () => Math.max(0, (head()?.block ?? 0) - ((await position())?.block ?? 0)),
  })
  metrics.gauge('chain_silence_seconds', {
    help: 'Age of the newest block that was seen, by the clock of the chain.',
    read: () => Math.max(0, now() - (head()?.timestamp ?? now())),
  })
}

function addMarket(metrics: Metrics, { store, now }: StoreReading): void {
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
