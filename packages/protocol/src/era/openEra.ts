import { type Address, type Hex, recoverTypedDataAddress } from 'viem'
import { TenderError } from '../errors.ts'
import { type MarketDomain, typedData } from '../hashes.ts'
import { openBatch, type PackedBatch } from './canonicalBatch.ts'
import { openFacts } from './canonicalFacts.ts'
import { emptyState, openState } from './canonicalState.ts'
import { type DataSet, decodeDataSet, noPrevious, partHash, type SignedBatch } from './dataSet.ts'
import { findByLease, leaseMetric } from './metric.ts'
import type { EraInput, FactsView, Recount, StateView } from './types.ts'

/** Where an era's data comes from, and what the chain says of it. */
export type EraSources = {
  domain: MarketDomain
  /** The contract that the reports are for. */
  reports: Address
  /** Bytes by their keccak256: a data set, a part, a batch. Whatever comes is checked. */
  part(hash: Hex): Promise<Uint8Array>
  /** `dataHash` of an era's report, from the chain. */
  dataHashOf(era: bigint): Promise<Hex>
}

/** An era's data, complete and in order; whether its report follows from it is another question. */
export type OpenEra = Pick<EraInput, 'previous' | 'batches' | 'equivocators'> & { dataSet: DataSet; facts: FactsView }

/**
 * Reads what an era's report was computed from: every hash fits, every batch is signed by its monitor.
 *
 * @throws {TenderError} `dataSetMismatch` and what does not fit, `notCanonical`, or whatever `part` and `dataHashOf` reject with
 */
export async function openEra(sources: EraSources, era: bigint): Promise<OpenEra> {
  const dataSet = await openDataSet(sources, era)
  const facts = openFacts(await joined(sources, dataSet.facts))
  same('era of the facts', era, facts.era)
  same('end of the facts', dataSet.until, facts.until)
  const previous = await previousState(sources, dataSet, facts)
  return { dataSet, facts, previous, ...(await openBatches(sources, facts, dataSet.batches)) }
}

/** What {@link openEra} found, and the recounts that its disputes ask for: all that `computeEra` takes. */
export async function openEraInput(sources: EraSources, era: OpenEra): Promise<EraInput> {
  const { dataSet, facts, previous, batches, equivocators } = era
  const recounts: Recount[] = []
  for (const source of dataSet.recounts) recounts.push(await openRecount(sources, facts, source))
  return { facts, previous, batches, equivocators, recounts }
}

/**
 * A recount of what a dispute asks for, over the disputed era's own batches and those that are known by now.
 *
 * @param facts of the era that recounts
 * @throws {TenderError} as {@link openEra}
 */
export async function openRecount(
  sources: EraSources,
  facts: Pick<FactsView, 'disputes'>,
  source: DataSet['recounts'][number],
): Promise<Recount> {
  const dispute = facts.disputes.find((one) => one.dispute === source.dispute)
  if (dispute === undefined) throw mismatch('dispute that is recounted', 'an open one', source.dispute)
  same('data set of a recount', await sources.dataHashOf(dispute.era), source.dataHash)
  const then = await openEra(sources, dispute.era)
  const { batches } = await openBatches(sources, then.facts, withOriginal(then.dataSet.batches, source.batches))
  const startedAt = findByLease(then.previous.leases, dispute.lease)?.startedAt ?? 0
  return {
    dispute,
    facts: then.facts,
    batches,
    metric: leaseMetric(then.facts, then.batches, dispute.lease, startedAt),
  }
}

/**
 * What was counted is never left out: a dispute brings batches of monitors that were not heard. Of one that was, no other counts:
 * else it could make what it said unsaid by signing twice, when no slash follows any more.
 */
function withOriginal(original: readonly SignedBatch[], known: readonly SignedBatch[]): SignedBatch[] {
  const heard = new Set(original.map(({ monitor }) => monitor))
  const keyOf = ({ monitor, digest }: SignedBatch) => `${monitor}${digest}`
  const late = known.filter(({ monitor }) => !heard.has(monitor))
  return [...original, ...late].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** @throws {TenderError} `dataSetMismatch` */
export function same(what: string, expected: bigint | number | string, found: bigint | number | string): void {
  if (expected !== found) throw mismatch(what, expected, found)
}

async function openDataSet(sources: EraSources, era: bigint): Promise<DataSet> {
  const dataSet = decodeDataSet(await checkedPart(sources, await sources.dataHashOf(era)))
  same('era of the data set', era, dataSet.era)
  same('contract of the data set', sources.reports.toLowerCase(), dataSet.reports)
  return dataSet
}

async function previousState(sources: EraSources, { era, previous }: DataSet, facts: FactsView): Promise<StateView> {
  if (era === 1n) {
    same('data set before the first', noPrevious.dataHash, previous.dataHash)
    return emptyState(facts.from)
  }
  same('previous data set', await sources.dataHashOf(era - 1n), previous.dataHash)
  const before = await openDataSet(sources, era - 1n)
  same('previous state', before.state.join(), previous.state.join())
  return openState(await joined(sources, previous.state))
}

type Batches = { batches: PackedBatch[]; equivocators: Address[] }

/** Who signed two is found by the signatures alone: what the batches say does not matter any more. */
async function openBatches(sources: EraSources, facts: FactsView, signed: readonly SignedBatch[]): Promise<Batches> {
  const batches: PackedBatch[] = []
  const equivocators: Address[] = []
  const monitors = new Set(facts.monitors.map(({ monitor }) => monitor))
  for (const [monitor, own] of Map.groupBy(signed, (one) => one.monitor)) {
    if (!monitors.has(monitor)) throw mismatch('signer of a batch', 'a monitor', monitor)
    for (const one of own) await checkSignature(sources, facts.era, one)
    const [first, second, third] = own
    if (third) throw mismatch(`batches of ${monitor}`, 2, own.length)
    if (second) equivocators.push(monitor)
    else if (first) batches.push(await openOwnBatch(sources, facts.era, first))
  }
  return { batches, equivocators }
}

async function openOwnBatch(sources: EraSources, era: bigint, { monitor, digest }: SignedBatch): Promise<PackedBatch> {
  const batch = openBatch(await checkedPart(sources, digest))
  same('monitor of a batch', monitor, batch.monitor)
  same(`era of the batch of ${monitor}`, era, batch.era)
  return batch
}

async function checkSignature({ domain, reports }: EraSources, era: bigint, signed: SignedBatch): Promise<void> {
  const { monitor, digest, signature } = signed
  const header = typedData(domain, 'BatchHeader', { reports, era, monitor, digest })
  const signer = await recoverTypedDataAddress({ ...header, signature }).catch((error: unknown) => {
    throw mismatch('signature of a batch', monitor, signature, error)
  })
  same('signer of a batch', monitor, signer.toLowerCase())
}

async function joined(sources: EraSources, hashes: readonly Hex[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (const hash of hashes) parts.push(await checkedPart(sources, hash))
  const [only] = parts
  if (only && parts.length === 1) return only
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

async function checkedPart({ part }: EraSources, hash: Hex): Promise<Uint8Array> {
  const bytes = await part(hash)
  same('hash of a part', hash, partHash(bytes))
  return bytes
}

function mismatch(what: string, expected: unknown, found: unknown, cause?: unknown): TenderError {
  return new TenderError(`${what}: expected ${String(expected)}, found ${String(found)}`, {
    code: 'dataSetMismatch',
    class: 'conflict',
    data: { what, expected, found },
    cause,
  })
}
