import { createMetrics, type Metrics } from '@tender/kit'
import { getBalance, type MarketClient } from '@tender/sdk'
import { type LeaseFacts, type LeaseView, nowSeconds, shortId, viewLease } from '@tender/tenant'
import { formatUnits } from 'viem'
import type { JobView } from '../jobs/jobFacts.ts'
import { type Alarm, alarmEvents } from './leaseAlarms.ts'

/** Measures what `tender watch` sees of a tenant's own leases. */
export type WatchMeter = {
  readonly metrics: Metrics
  /** Told all leases of each look. */
  looked(leases: readonly LeaseFacts[], jobs: readonly JobView[]): void
  /** Told of each alarm. */
  alarmed(alarm: Pick<Alarm, 'event'>): void
}

const statuses = [
  'running',
  'starting',
  'failed',
  'undelivered',
  'silent',
  'ending',
  'settling',
  'ended',
  'unknown',
] as const satisfies readonly LeaseView['status'][]
const jobStates = [
  'opened',
  'begun',
  'submitted',
  'drawn',
  'recalled',
  'redrawn',
  'ended',
  'unknown',
] as const satisfies readonly JobView['state'][]
const over: ReadonlySet<LeaseView['status']> = new Set(['settling', 'ended', 'unknown'])
const up: ReadonlySet<LeaseView['status']> = new Set(['running', 'ending'])

/** Leases with series of their own: those that end soonest. More on one machine are still counted by status. */
const MOST_LEASES = 100
const MOST_ASSETS = 16

/** @param market its name, and the client that balances are asked with at each scrape */
export function createWatchMeter({ name, client }: { name: string; client: MarketClient }): WatchMeter {
  const metrics = createMetrics({ prefix: 'tender_tenant', labels: { market: name } })
  let views: LeaseView[] = []
  let jobs: readonly JobView[] = []
  /** By `account asset`. */
  let wallets = new Map<string, LeaseFacts>()
  let lookedMs = performance.now()

  const open = () => views.filter(({ status }) => !over.has(status)).slice(0, MOST_LEASES)
  const labelsOf = ({ leaseId, name: called }: LeaseView) => ({ lease: shortId(leaseId), name: called })
  const each = { lease: MOST_LEASES, name: MOST_LEASES }

  metrics.gauge('current_leases', {
    help: 'Leases that were ordered on this machine, by how they are.',
    labels: { status: statuses },
    read: () =>
      [...Map.groupBy(views, ({ status }) => status)].map(([status, all]) => [all.length, { status }] as const),
  })
  metrics.gauge('lease_up', {
    help: 'Whether the workload of an open lease runs, as its provider says, 1 or 0.',
    labels: each,
    read: () => open().map((view) => [up.has(view.status) ? 1 : 0, labelsOf(view)] as const),
  })
  metrics.gauge('lease_remaining_seconds', {
    help: 'Until an open lease ends.',
    labels: each,
    read: () => open().map((view) => [view.remainingSeconds, labelsOf(view)] as const),
  })
  metrics.gauge('lease_cost_tokens', {
    help: 'What an open lease cost until now, in whole tokens.',
    labels: { ...each, symbol: MOST_ASSETS },
    read: () =>
      open().map((view) => {
        const { symbol, decimals } = view.asset
        return [Number(formatUnits(view.cost, decimals)), { ...labelsOf(view), symbol }] as const
      }),
  })
  metrics.gauge('current_jobs', {
    help: 'Leases of jobs that were ordered on this machine, by how the chain has them.',
    labels: { state: jobStates },
    read: () => [...Map.groupBy(jobs, ({ state }) => state)].map(([state, all]) => [all.length, { state }] as const),
  })
  metrics.gauge('job_remaining_seconds', {
    help: 'Until the result of a job has to be there, below 0 once it is late; only while it is not submitted.',
    labels: each,
    read: () =>
      jobs
        .filter(({ state }) => state === 'opened' || state === 'begun')
        .slice(0, MOST_LEASES)
        .map(
          ({ leaseId, name: called, deadline }) =>
            [deadline - nowSeconds(), { lease: shortId(leaseId), name: called }] as const,
        ),
  })
  metrics.gauge('overdue_jobs', {
    help: 'Leases of jobs whose provider or validators did not do their part in time, and of which nobody said so yet.',
    read: () => jobs.filter(({ due }) => due !== undefined).length,
  })
  metrics.gauge('held_tokens', {
    help: 'What escrow holds for all leases, in whole tokens.',
    labels: { symbol: MOST_ASSETS },
    read: () =>
      [...Map.groupBy([...views, ...jobs.map(heldFor)], ({ asset }) => asset.symbol)].map(([symbol, all]) => {
        const held = all.reduce((sum, view) => sum + Number(formatUnits(view.held, view.asset.decimals)), 0)
        return [held, { symbol }] as const
      }),
  })
  metrics.gauge('balance_tokens', {
    help: 'What the accounts that rented have deposited and free, in whole tokens.',
    labels: { account: MOST_ASSETS, symbol: MOST_ASSETS },
    read: () =>
      Promise.all(
        [...wallets.values()].map(async ({ asset, record: { terms } }) => {
          const { deposited } = await getBalance(client, { account: terms.tenant, asset: terms.asset })
          const { symbol, decimals } = asset
          return [Number(formatUnits(deposited, decimals)), { account: terms.tenant, symbol }] as const
        }),
      ),
  })
  metrics.gauge('look_age_seconds', {
    help: 'Since the last look that worked: how old the rest is.',
    read: () => (performance.now() - lookedMs) / 1_000,
  })
  const alarms = metrics.counter('alarms_total', {
    help: 'Alarms that were told, by what they are about.',
    labels: { event: alarmEvents },
  })

  return {
    metrics,
    looked(leases, jobViews) {
      jobs = jobViews
      views = leases.map(viewLease).sort((a, b) => a.stop - b.stop)
      wallets = new Map(leases.map((facts) => [`${facts.record.terms.tenant} ${facts.record.terms.asset}`, facts]))
      lookedMs = performance.now()
    },
    alarmed: ({ event }) => alarms.add(1, { event }),
  }
}

/** The price of a job is held until it ends. */
function heldFor({ state, price, asset }: JobView) {
  return { held: state === 'ended' || state === 'unknown' ? 0n : price, asset }
}
