import { addChainMetrics, addIngressMetrics, addNetworkMetrics, createMetrics, type Metrics } from '@tender/kit'
import { jobPhases, type NetworkNode } from '@tender/network'
import { levelOf, resourceId } from '@tender/protocol'
import { getAsset } from '@tender/sdk'
import { formatUnits } from 'viem'
import type { Core } from '../core.ts'
import { driverStatuses } from '../hostStatus.ts'
import type { ProviderIngress } from '../ingress/openIngress.ts'
import type { JobKeeper } from '../jobs/jobKeeper.ts'
import { jobPhaseOf } from '../jobs/jobPhase.ts'
import { deadlineOf, type JobRecord, tasksOf } from '../jobs/jobRecord.ts'
import type { Keeper } from '../leases/keeper.ts'
import { leasePhases } from '../leases/leaseRecord.ts'
import type { Reports } from '../reports/createReports.ts'

/** What of a running provider is told. */
export type MeasuredParts = {
  node: NetworkNode
  keeper: Pick<Keeper, 'counts'>
  jobKeeper: Pick<JobKeeper, 'counts' | 'onTask' | 'running'>
  reports: Pick<Reports, 'reporting' | 'standing'>
  ingress: Pick<ProviderIngress, 'counts'>
}

/** Rules by which orders are declined: this host's own and the market's. */
const MOST_RULES = 48
const MOST_ASSETS = 16
const MOST_CLASSES = 32
const DRIVERS = 8

const STAKE_DECIMALS = 18

/** From what only starts and ends to a day. */
const TASK_SECONDS = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 3_600, 14_400, 86_400]

/** Shorter than a reading may take. */
const PROBE_TIMEOUT_MS = 2_000

/** The metrics of one provider; docs/observability.md tells what each means. */
export function createProviderMetrics(core: Core, parts: MeasuredParts): Metrics {
  const metrics = createMetrics({ prefix: 'tender_provider', labels: { provider: core.id.toString() } })
  addLeases(metrics, core, parts)
  addJobs(metrics, core, parts)
  addSelling(metrics, core)
  addHost(metrics, core)
  addReports(metrics, core, parts)
  const { client, counter, account } = core
  addChainMetrics(metrics, {
    silenceSeconds: counter.silenceSeconds,
    spent: client.spent,
    balance: () => client.rpc.getBalance(account),
  })
  addIngressMetrics(metrics, parts.ingress.counts)
  addNetworkMetrics(metrics, parts.node.counts)
  return metrics
}

function addLeases(metrics: Metrics, { leases }: Core, { keeper }: MeasuredParts): void {
  metrics.gauge('current_leases', {
    help: 'Leases for which something may still have to be done, by how far their workload is.',
    labels: { phase: leasePhases },
    read: () =>
      [...Map.groupBy(leases.live(), ({ phase }) => phase)].map(([phase, { length }]) => [length, { phase }] as const),
  })
  metrics
    .counter('adopted_workloads_total', {
      help: 'Workloads that an earlier process started and this one went on with.',
    })
    .add(leases.live().filter(({ phase }) => phase === 'running').length)
  metrics.counter('lost_workloads_total', {
    help: 'Workloads that the host lost although nobody asked it to, and that were started again.',
    read: () => keeper.counts().lost,
  })
  metrics.counter('lease_steps_total', {
    help: 'Steps made for leases (start, settle, extend, …), by whether they worked; what failed is tried again.',
    labels: { step: 32, outcome: ['done', 'failed'] },
    read: () =>
      (['done', 'failed'] as const).flatMap((outcome) =>
        [...keeper.counts()[outcome]].map(([step, count]) => [count, { step, outcome }] as const),
      ),
  })
}

function addJobs(metrics: Metrics, { jobs, content, blockMeter, clock }: Core, { jobKeeper }: MeasuredParts): void {
  metrics.gauge('current_jobs', {
    help: 'Jobs for which something may still have to be done, by how far they are.',
    labels: { phase: jobPhases },
    read: () => {
      const phases = jobs.live().map((job) => jobPhaseOf(job, tasksOf(job).length - jobs.tasks(job.leaseId).length))
      return [...Map.groupBy(phases, (phase) => phase)].map(([phase, { length }]) => [length, { phase }] as const)
    },
  })
  metrics.gauge('pressed_jobs', {
    help: 'Jobs that were begun and not submitted, with less than a tenth of their time left until the deadline, or none.',
    read: () => jobs.live().filter((job) => isPressed(job, clock.nowSeconds())).length,
  })
  metrics.counter('job_steps_total', {
    help: 'Steps made for jobs (begin, submit, draw, …), by whether they worked; what failed is tried again.',
    labels: { step: 32, outcome: ['done', 'failed'] },
    read: () =>
      (['done', 'failed'] as const).flatMap((outcome) =>
        [...jobKeeper.counts()[outcome]].map(([step, count]) => [count, { step, outcome }] as const),
      ),
  })
  metrics.gauge('job_content_bytes', {
    help: 'What bundles, outputs and results of jobs take on the disk.',
    read: () => content.usedBytes(),
  })
  metrics.counter('job_content_fetched_bytes_total', {
    help: 'Content of bundles that came from tenants.',
    read: () => blockMeter.counts().fetchedBytes,
  })
  metrics.counter('job_content_served_bytes_total', {
    help: 'Content of bundles, outputs and results that was given to tenants and validators.',
    read: () => blockMeter.counts().servedBytes,
  })
  addTasks(metrics, jobs, jobKeeper)
}

/** What misses its deadline is punished: there is still time to see why. */
function isPressed(job: JobRecord, now: number): boolean {
  const { chain, jobTerms } = job
  const deadline = deadlineOf(job)
  if (chain.state !== 'begun' || deadline === undefined || !jobTerms) return false
  return deadline - now < jobTerms.deadlineSeconds / 10
}

function addTasks(metrics: Metrics, jobs: Core['jobs'], jobKeeper: MeasuredParts['jobKeeper']): void {
  metrics.counter('tasks_total', {
    help: 'Tasks of jobs that ran to their end, by whether they exited with 0; and runs that the host failed at, made again.',
    labels: { outcome: ['done', 'failed', 'retried'] },
    read: () => {
      const { done, failed, retried } = jobKeeper.counts().tasks
      return [
        [done - failed, { outcome: 'done' }],
        [failed, { outcome: 'failed' }],
        [retried, { outcome: 'retried' }],
      ] as const
    },
  })
  const seconds = metrics.histogram('task_seconds', {
    help: 'How long tasks took, from their start until their output was kept and recorded.',
    buckets: TASK_SECONDS,
  })
  jobKeeper.onTask((took) => seconds.observe(took))
  metrics.gauge('queued_tasks', {
    help: 'Tasks of jobs that wait for a place, or to be tried again.',
    read: () => jobKeeper.counts().queued,
  })
  metrics.gauge('running_tasks', {
    help: 'Tasks of jobs that run now.',
    read: () => jobs.live().reduce((sum, { leaseId }) => sum + jobKeeper.running(leaseId).length, 0),
  })
}

function addSelling(metrics: Metrics, core: Core): void {
  const { client, counter, sales } = core
  metrics.counter('answered_orders_total', {
    help: 'Orders that were answered, by the answer.',
    labels: { decision: ['bid', 'declined'] },
    read: () => [...counter.decisions].map(([decision, count]) => [count, { decision }] as const),
  })
  metrics.counter('declined_orders_by_rule_total', {
    help: 'Reasons why orders were declined; one order may have many.',
    labels: { rule: MOST_RULES },
    read: () => [...counter.refusals].map(([rule, count]) => [count, { rule }] as const),
  })
  // Of every asset that is sold for, so that none appears with its first settlement only.
  const assets = new Set([...sales.values()].flat().map(({ asset }) => asset))
  metrics.counter('settled_tokens_total', {
    help: 'What settlements brought, before fees, in whole tokens.',
    labels: { asset: MOST_ASSETS, symbol: MOST_ASSETS },
    read: () =>
      Promise.all(
        [...assets.union(new Set(counter.settled.keys()))].map(async (asset) => {
          const { symbol, decimals } = await getAsset(client, { asset })
          return [Number(formatUnits(counter.settled.get(asset) ?? 0n, decimals)), { asset, symbol }] as const
        }),
      ),
  })
  const units = (name: 'committedUnits' | 'leasedUnits') => () =>
    Promise.all(
      [...sales.keys()].map(
        async (resource) => [(await core.capacity(resourceId(resource)))[name], { resource }] as const,
      ),
    )
  metrics.gauge('committed_units', {
    help: 'Units that it committed to the market, by resource class.',
    labels: { resource: MOST_CLASSES },
    read: units('committedUnits'),
  })
  metrics.gauge('leased_units', {
    help: 'Units that leases have, by resource class.',
    labels: { resource: MOST_CLASSES },
    read: units('leasedUnits'),
  })
}

function addHost(metrics: Metrics, { drivers }: Core): void {
  const statuses = () => driverStatuses(drivers, AbortSignal.timeout(PROBE_TIMEOUT_MS))
  metrics.gauge('driver_up', {
    help: 'Whether the host can run workloads of this kind now, 1 or 0.',
    labels: { driver: DRIVERS },
    read: async () => (await statuses()).map(({ kind, healthy }) => [healthy ? 1 : 0, { driver: kind }] as const),
  })
  metrics.gauge('host_free_memory_bytes', {
    help: 'Memory that workloads could still have, as the driver sees it; absent while it is not healthy.',
    labels: { driver: DRIVERS },
    read: async () =>
      (await statuses()).flatMap(({ kind, memoryBytes }) =>
        memoryBytes ? [[memoryBytes.free, { driver: kind }] as const] : [],
      ),
  })
  metrics.gauge('host_free_disk_bytes', {
    help: 'Disk that workloads could still have, as the driver sees it; absent while it is not healthy.',
    labels: { driver: DRIVERS },
    read: async () =>
      (await statuses()).flatMap(({ kind, diskBytesFree }) =>
        diskBytesFree === undefined ? [] : [[diskBytesFree, { driver: kind }] as const],
      ),
  })
}

function addReports(metrics: Metrics, { clock }: Core, { reports }: MeasuredParts): void {
  const startedAt = clock.nowSeconds()
  metrics.gauge('report_lag_seconds', {
    help: 'Age of the newest second that an effective report covers; without any report, since the start.',
    read: () => clock.nowSeconds() - (reports.reporting().coveredUntil || startedAt),
  })
  const tokens = (amount: bigint) => Number(formatUnits(amount, STAKE_DECIMALS))
  metrics.gauge('standing_score_ratio', {
    help: 'Its score in the newest report, 0 to 1; 0 without any.',
    read: () => (reports.standing()?.score ?? 0) / 10_000,
  })
  metrics.gauge('standing_level_number', {
    help: 'Trust level that the score is worth: 1 is the best, 5 the worst.',
    read: () => levelOf(reports.standing()?.score ?? 0),
  })
  metrics.gauge('reported_rewards_tokens', {
    help: 'Rewards of all eras in the newest report, whole stake tokens.',
    read: () => tokens(reports.standing()?.rewards ?? 0n),
  })
  metrics.gauge('reported_slashed_tokens', {
    help: 'Stake taken in all eras in the newest report, whole stake tokens.',
    read: () => tokens(reports.standing()?.slashed ?? 0n),
  })
}
