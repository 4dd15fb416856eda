import { TenderError } from '../errors.ts'
import { eraLeases, RECOUNT_ERAS } from './eraLeases.ts'
import { createLeafCollector } from './eraLeaves.ts'
import { createMonitorTally } from './eraMonitors.ts'
import { createProviderTally } from './eraProviders.ts'
import { findByLease } from './metric.ts'
import { corrected, type Recounted, recountAll } from './recounts.ts'
import type { EraInput, EraResult, EraState, LeaseMetric, LeaseRecord } from './types.ts'

/**
 * Computes an era's report: the same of the same input on every machine. Lists must be sorted as their types say, and hex is
 * lower case. Open batches with `openBatch`, and large facts and states with `openFacts` and `openState`: then they stay bytes.
 *
 * What it decides and why: docs/monitoring.md; scores and rewards: docs/reputation.md.
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
  const providers = createProviderTally(facts)
  const monitors = createMonitorTally(facts)
  const collector = createLeafCollector()
  const metrics: LeaseMetric[] = []
  const records: LeaseRecord[] = []
  const others: LeaseRecord[] = []
  for (const step of eraLeases(input, (record) => others.push(record))) {
    providers.add(step)
    monitors.add(step)
    if (step.metric) metrics.push(step.metric)
    if (step.record === undefined) continue
    const correction = recounts.corrections.get(step.record.lease)
    const record = corrected(step.record, correction)
    if (step.metric || correction) collector.add(record, step.lease)
    records.push(record)
  }
  for (const other of others) {
    const correction = recounts.corrections.get(other.lease)
    const record = corrected(other, correction)
    if (correction) collector.add(record, correction.lease)
    records.push(record)
  }
  const state: EraState = {
    era: facts.era,
    coveredUntil: facts.until,
    ...keptLeases(records, others.length > 0, recounts, facts.era),
    providers: providers.records(previous.providers, batches),
    monitors: monitors.records(input),
  }
  return { state, leaves: collector.leaves(state, recounts.verdicts), metrics }
}

/** What the next era still has to know of leases. */
function keptLeases(
  records: readonly LeaseRecord[],
  unsorted: boolean,
  { recounted }: Recounted,
  era: bigint,
): Pick<EraState, 'leases' | 'recounted'> {
  const kept = records.filter(({ finalEra }) => finalEra === 0n || era < finalEra + RECOUNT_ERAS)
  const leases = unsorted ? kept.sort((a, b) => (a.lease < b.lease ? -1 : 1)) : kept
  return { leases, recounted: recounted.filter(({ lease }) => findByLease(leases, lease) !== undefined) }
}

function checkInput({ previous, facts, batches, equivocators }: EraInput): void {
  if (facts.era !== previous.era + 1n) throw badInput(`era ${facts.era} does not follow era ${previous.era}`)
  if (facts.from !== previous.coveredUntil)
    throw badInput(`it begins at ${facts.from}, not at ${previous.coveredUntil}`)
  if (facts.until <= facts.from) throw badInput(`it ends at ${facts.until}, not after ${facts.from}`)
  batches.forEach(({ monitor, era }, index) => {
    if (era !== facts.era) throw badInput(`the batch of ${monitor} is of era ${era}`)
    if (index > 0 && monitor <= (batches[index - 1]?.monitor ?? monitor)) throw badInput('the batches are not sorted')
    if (equivocators.includes(monitor)) throw badInput(`${monitor} signed two batches and has one`)
  })
}

function badInput(what: string): TenderError {
  return new TenderError(what, { code: 'badEraInput', class: 'user' })
}
