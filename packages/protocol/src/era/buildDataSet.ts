import type { Address, Hex } from 'viem'
import { encodeFacts } from './canonicalFacts.ts'
import { encodeState } from './canonicalState.ts'
import {
  DATA_SET_VERSION,
  type DataSet,
  encodeDataSet,
  partHash,
  type RecountSource,
  type SignedBatch,
  splitParts,
} from './dataSet.ts'
import type { EraResult, FactsView } from './types.ts'

export type DataSetParameters = {
  reports: Address
  attempt: number
  facts: FactsView
  /** See `computeEra`. */
  result: Pick<EraResult, 'state'>
  /** Root of the tree over the result's leaves. */
  root: Hex
  /** Of the data set before this one; `noPrevious` in the first era. */
  previous: DataSet['previous']
  batches: readonly SignedBatch[]
  recounts: readonly RecountSource[]
}

export type BuiltDataSet = {
  dataSet: DataSet
  /** Its canonical bytes, a part like the others: whoever has the hash can ask for them. */
  bytes: Uint8Array
  dataHash: Hex
  /** By hash: the data set itself, the facts' parts and the state's. Batches are whoever's they are. */
  parts: ReadonlyMap<Hex, Uint8Array>
}

/**
 * The data set of a report, and the parts to be served with it.
 *
 * @throws {TenderError} `notCanonical`
 * @example
 * const { dataHash, parts } = buildDataSet({ reports, attempt, facts, result, root, previous, batches, recounts: [] })
 */
export function buildDataSet({ facts, result, ...rest }: DataSetParameters): BuiltDataSet {
  const parts = new Map<Hex, Uint8Array>()
  const store = (part: Uint8Array): Hex => {
    const hash = partHash(part)
    parts.set(hash, part)
    return hash
  }
  const dataSet: DataSet = {
    version: DATA_SET_VERSION,
    era: facts.era,
    until: facts.until,
    facts: splitParts(encodeFacts(facts)).map(store),
    state: splitParts(encodeState(result.state)).map(store),
    ...rest,
  }
  const bytes = encodeDataSet(dataSet)
  return { dataSet, bytes, dataHash: store(bytes), parts }
}
