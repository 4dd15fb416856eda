import { TenderError } from '../errors.ts'
import { eraLeases, outcomeOf, RECOUNT_ERAS } from './eraLeases.ts'
import { createLeafCollector, type LeafCollector } from './eraLeaves.ts'
import { createMonitorTally, type MonitorTally } from './eraMonitors.ts'
import { createProviderTally, type ProviderTally } from './eraProviders.ts'
import { findByLease } from './metric.ts'
import { corrected, type Recounted, recountAll } from './recounts.ts'
import type { EraInput, EraResult, EraState, LeaseMetric, LeaseRecord } from './types.ts'

/**
 * Computes an era's report: the same of the same input on every machine. Lists must be sorted as their types say, and hex is
 * lower case. Open batches with `openBatch`, and large facts and states with `openFacts` and `openState`: then they stay bytes.
 *
 * What it decides is written in docs/eras.md; scores and rewards in docs/reputation.md.
 *
 * @throws {TenderError} `badEraInput` if the parts do not belong together
 * @example
 * const { state, leaves, metrics } = computeEra({ previous, facts, batches, equivocators: [], recounts: [] })
 * const { root } = leafTree(leaves)
 */
export function computeEra(input: EraInput): EraResult {
  checkInput(input)
  const { previous, facts, batches } = input
  const recounts = recountAll(input, (lease) => findByLease(previous.leases, lease)?.startedAt ?? 0)
  const tallies = {
    providers: createProviderTally(facts),
    monitors: createMonitorTally(facts),
    leaves: createLeafCollector(),
  }
  const { records, others, metrics, stars } = walk(input, recounts, tallies)
  const rates = new Map(facts.rules.rates.map(({ asset, rate }) => [asset, rate]))
  const outcome = (index: number) => {
    const lease = facts.leases.at(index)
    const step = { record: records[index], metric: metrics[index], stars: stars.get(index) }
    return lease && outcomeOf(lease, step, { until: facts.until, assetRate: rates.get(lease.asset) ?? 0n })
  }
  const state: EraState = {
    era: facts.era,
    coveredUntil: facts.until,
    ...keptLeases(records, others, recounts, facts.era),
    providers: tallies.providers.records(previous.providers, batches, outcome),
    monitors: tallies.monitors.records(input),
  }
  const leaves = tallies.leaves.leaves(state, recounts.verdicts)
  return { state, leaves, metrics: metrics.filter((metric) => metric !== undefined) }
}

type Tallies = { providers: ProviderTally; monitors: MonitorTally; leaves: LeafCollector }

/** By place in the facts; `others` are records of final leases that the facts do not have. */
type Walked = {
  records: (LeaseRecord | undefined)[]
  metrics: (LeaseMetric | undefined)[]
  stars: Map<number, number>
  others: LeaseRecord[]
}

/** Once through all leases. */
function walk(input: EraInput, { corrections }: Recounted, { providers, monitors, leaves }: Tallies): Walked {
  const walked: Walked = { records: [], metrics: [], stars: new Map(), others: [] }
  const { records, metrics, stars, others } = walked
  for (const step of eraLeases(input, (record) => others.push(record))) {
    const correction = corrections.get(step.lease.lease)
    const record = step.record && corrected(step.record, correction)
    if (record && (step.metric || correction)) leaves.add(record, step.lease)
    providers.add(step, records.length)
    monitors.add(step)
    if (step.stars !== undefined) stars.set(records.length, step.stars)
    records.push(record)
    metrics.push(step.metric)
  }
  others.forEach((other, index) => {
    const correction = corrections.get(other.lease)
    if (correction === undefined) return
    others[index] = corrected(other, correction)
    leaves.add(corrected(other, correction), correction.lease)
  })
  return walked
}

/** What the next era still has to know of leases. */
function keptLeases(
  records: readonly (LeaseRecord | undefined)[],
  others: readonly LeaseRecord[],
  { recounted }: Recounted,
  era: bigint,
): Pick<EraState, 'leases' | 'recounted'> {
  const isKept = (record: LeaseRecord | undefined): record is LeaseRecord =>
    record !== undefined && (record.finalEra === 0n || era < record.finalEra + RECOUNT_ERAS)
  const leases = [...records.filter(isKept), ...others.filter(isKept)]
  if (others.length > 0) leases.sort((a, b) => (a.lease < b.lease ? -1 : 1))
  return { leases, recounted: recounted.filter(({ lease }) => findByLease(leases, lease) !== undefined) }
}

function checkInput({ previous, facts, batches, equivocators }: EraInput): void {
  if (facts.era !== previous.era + 1n) throw badInput(`era ${facts.era} does not follow era ${previous.era}`)
  if (facts.from !== previous.coveredUntil)
    throw badInput(`it begins at ${facts.from}, not at ${previous.coveredUntil}`)
  if (facts.until <= facts.from) throw badInput(`it ends at ${facts.until}, not after ${facts.from}`)
  const monitors = new Set(facts.monitors.map(({ monitor }) => monitor))
  batches.forEach(({ monitor, era }, index) => {
    if (!monitors.has(monitor)) throw badInput(`${monitor} has a batch and is no monitor`)
    if (era !== facts.era) throw badInput(`the batch of ${monitor} is of era ${era}`)
    if (index > 0 && monitor <= (batches[index - 1]?.monitor ?? monitor)) throw badInput('the batches are not sorted')
    if (equivocators.includes(monitor)) throw badInput(`${monitor} signed two batches and has one`)
  })
}

function badInput(what: string): TenderError {
  return new TenderError(what, { code: 'badEraInput', class: 'user' })
}
