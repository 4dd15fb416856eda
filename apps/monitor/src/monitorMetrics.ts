import type { BlockMeter } from '@tender/content'
import { addChainMetrics, addNetworkMetrics, createMetrics, type Metrics } from '@tender/kit'
import type { Agreeing } from './agreeing.ts'
import type { Core } from './core.ts'
import { lowerCase } from './facts/lowerCase.ts'
import { jobWorkStates, type Validator } from './jobs/validator.ts'
import type { MonitorStatus } from './status.ts'
import type { EndVanished } from './vanish/endVanished.ts'
import type { Watcher } from './watcher.ts'

/** What of a running monitor is told. */
export type MeasuredParts = {
  agreeing: Pick<Agreeing, 'agreement' | 'posted'>
  watcher: Pick<Watcher, 'counts' | 'onProbe'>
  vanished: Pick<EndVanished, 'ended'>
  validator: Pick<Validator, 'work' | 'counts' | 'onVerdict'> & { moved: BlockMeter['counts'] }
  status(): MonitorStatus
}

const kinds = ['http', 'tcp', 'health', 'challenge'] as const
const verdictWords = ['passed', 'failed'] as const
const outcomes = ['good', 'bad', 'blind'] as const

/** From one machine to another in the same hall, up to the usual limit of a probe. */
const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** From a few blocks up to an hour, in which a market without haste judges. */
const VERDICT_SECONDS = [1, 3, 10, 30, 60, 120, 300, 600, 1_800, 3_600]

/** Reasons against a proposal: this project's own codes. */
const MOST_REFUSALS = 32

/** The metrics of one monitor; docs/observability.md tells what each means. */
export function createMonitorMetrics(core: Core, parts: MeasuredParts): Metrics {
  const { account, client, node } = core
  const metrics = createMetrics({ prefix: 'tender_monitor', labels: { monitor: account.address } })
  addProbes(metrics, parts)
  addEras(metrics, core, parts)
  addMesh(metrics, core, parts)
  addJobs(metrics, parts)
  let blockMs = performance.now()
  core.onHead(() => {
    blockMs = performance.now()
  })
  addChainMetrics(metrics, {
    silenceSeconds: () => (performance.now() - blockMs) / 1_000,
    spent: client.spent,
    balance: () => client.rpc.getBalance(account),
  })
  addNetworkMetrics(metrics, node.counts)
  return metrics
}

function addProbes(metrics: Metrics, { watcher, vanished, status }: MeasuredParts): void {
  const probes = metrics.counter('probes_total', {
    help: 'Looks at leases: their page (http, tcp), a challenge to their provider, and what it says of their health.',
    labels: { kind: kinds, outcome: outcomes },
  })
  const latency = metrics.histogram('probe_latency_seconds', {
    help: 'How long good probes took until the answer began.',
    labels: { kind: kinds },
    buckets: LATENCY_SECONDS,
  })
  watcher.onProbe(({ kind, outcome, latencyMs }) => {
    probes.add(1, { kind, outcome })
    if (outcome === 'good') latency.observe(latencyMs / 1_000, { kind })
  })
  metrics.gauge('watched_leases', { help: 'Leases that it looks at now.', read: () => status().watching })
  metrics.counter('capacity_tried_units_total', {
    help: 'Committed units without a lease for which providers were given a task.',
    read: () => watcher.counts().triedUnits,
  })
  metrics.counter('capacity_proven_units_total', {
    help: 'Those of them for which the task was done in time.',
    read: () => watcher.counts().provenUnits,
  })
  metrics.counter('ended_leases_total', {
    help: 'Leases that it ended with the other monitors, since their provider had vanished.',
    read: vanished.ended,
  })
}

function addEras(metrics: Metrics, { chain, timing }: Core, { agreeing, status }: MeasuredParts): void {
  const { agreement, posted } = agreeing
  metrics.gauge('era_number', {
    help: 'The era whose report is agreed on now, or next.',
    read: () => Number(status().agreement.era),
  })
  metrics.gauge('era_elapsed_ratio', {
    help: 'How far this era is, 0 to 1; above 1 while its report is late.',
    read: () => Math.max(0, (chain.nowSeconds() - chain.next().after) / timing.eraSeconds),
  })
  metrics.gauge('era_length_seconds', { help: 'How long an era is meant to be.', read: () => timing.eraSeconds })
  metrics.gauge('era_attempt_number', {
    help: 'Reports of this era that were vetoed so far.',
    read: () => status().agreement.attempt,
  })
  metrics.gauge('era_round_number', {
    help: 'The round of this agreement: each leader that does not post costs one. 0 too while the era still runs.',
    read: () => Math.max(0, status().agreement.round ?? 0),
  })
  metrics.gauge('era_batches_ratio', {
    help: 'Of the monitors with weight, the part whose word on the era is here.',
    read: () => status().agreement.batches.length / Math.max(1, chain.monitors().length),
  })
  metrics.gauge('report_lag_seconds', {
    help: 'Age of the newest second that a posted report covers; of the market without any.',
    read: () => chain.nowSeconds() - (status().lastReport?.coveredUntil ?? timing.genesis),
  })
  metrics.counter('reports_led_total', {
    help: 'Reports that it proposed as leader.',
    read: () => agreement.counts().led,
  })
  metrics.counter('reports_signed_total', {
    help: "Other leaders' reports that it signed.",
    read: () => agreement.counts().signed,
  })
  metrics.counter('reports_posted_total', { help: 'Reports that it took to the chain.', read: posted })
  metrics.counter('reports_refused_total', {
    help: "Other leaders' reports that it did not sign, by why.",
    labels: { reason: MOST_REFUSALS },
    read: () => [...agreement.counts().refused].map(([reason, count]) => [count, { reason }] as const),
  })
}

function addJobs(metrics: Metrics, { validator }: MeasuredParts): void {
  metrics.gauge('validated_leases', {
    help: 'Jobs that it was drawn for as a validator and that are not over, by how far it is with them.',
    labels: { state: jobWorkStates },
    read: () =>
      [...Map.groupBy(validator.work(), ({ state }) => state)].map(([state, all]) => [all.length, { state }] as const),
  })
  const seconds = metrics.histogram('verdict_seconds', {
    help: 'From the draw of its validators until it signed its verdict on a job.',
    buckets: VERDICT_SECONDS,
  })
  const judged = metrics.counter('judged_tasks_total', {
    help: "Tasks of jobs that it ran again, by whether the provider's output counts as the same.",
    labels: { outcome: ['same', 'different'] },
  })
  validator.onVerdict((verdict) => {
    seconds.observe(verdict.seconds)
    for (const { same } of verdict.tasks) judged.add(1, { outcome: same ? 'same' : 'different' })
  })
  metrics.counter('job_content_fetched_bytes_total', {
    help: 'Content of bundles, outputs and results that it fetched to judge them.',
    read: () => validator.moved().fetchedBytes,
  })
  metrics.counter('job_content_served_bytes_total', {
    help: 'Content of jobs that it gave to other validators.',
    read: () => validator.moved().servedBytes,
  })
  metrics.counter('verdicts_signed_total', {
    help: 'Verdicts on jobs that it signed.',
    labels: { verdict: verdictWords },
    read: () => verdictWords.map((verdict) => [validator.counts().signed[verdict], { verdict }] as const),
  })
  metrics.counter('jobs_declined_total', {
    help: 'Jobs that it left to other validators: too dear to judge, or of a kind that does not run here.',
    read: () => validator.counts().declined,
  })
  metrics.counter('jobs_resolved_total', {
    help: 'Jobs whose verdict it took to the chain.',
    read: () => validator.counts().resolved,
  })
}

function addMesh(metrics: Metrics, { chain, account }: Core, { watcher, status }: MeasuredParts): void {
  metrics.gauge('weight_ratio', {
    help: 'Its part of the weight of all monitors, 0 to 1.',
    read() {
      const { weight, totalWeight } = status()
      return totalWeight === 0 ? 0 : weight / totalWeight
    },
  })
  metrics.gauge('other_monitor_peers', {
    help: 'Other monitors with weight, which it must reach.',
    read: () => chain.monitors().filter(({ monitor }) => monitor !== lowerCase(account.address)).length,
  })
  metrics.gauge('mesh_up', {
    help: "1 while at least half of the other monitors' weight answers; 0: it is cut off, and its probes count for nothing.",
    read: () => (status().blind === true ? 0 : 1),
  })
  metrics.counter('blind_seconds_total', {
    help: 'For how long it was cut off.',
    read: () => watcher.counts().blindSeconds,
  })
}
