import type { Report } from '../messages.ts'
import { encodeState } from './canonicalState.ts'
import { computeEra } from './computeEra.ts'
import { type DataSet, partHash, splitParts } from './dataSet.ts'
import { type EraSources, openEra, openEraInput, same } from './openEra.ts'
import { leafTree, type MerkleTree } from './tree.ts'
import type { EraResult, FactsView } from './types.ts'

/** What the chain has of a report. */
export type PostedReport = Pick<Report, 'era' | 'attempt' | 'root' | 'coveredUntil' | 'dataHash'>

export type VerifiedEra = {
  dataSet: DataSet
  facts: FactsView
  result: EraResult
  /** Over `result.leaves`; its root is the report's. */
  tree: MerkleTree
}

/**
 * Rebuilds a report from its data set: every part is what its hash says, every batch is signed by its monitor, the state that it
 * starts from is the previous report's, and the same function over them gives the same state and root. What it cannot know is
 * whether the facts are the chain's: compare `facts` with a chain that you trust.
 *
 * @throws {TenderError} `dataSetMismatch`, whose `data` says what does not fit; `notCanonical`; `badEraInput`; or whatever `part`
 * and `dataHashOf` reject with
 * @example
 * const { result, tree } = await verifyDataSet({ report, domain, reports, part, dataHashOf })
 */
export async function verifyDataSet({
  report,
  ...sources
}: EraSources & { report: PostedReport }): Promise<VerifiedEra> {
  same('data hash', report.dataHash, await sources.dataHashOf(report.era))
  const era = await openEra(sources, report.era)
  const { dataSet, facts } = era
  same('attempt', report.attempt, dataSet.attempt)
  same('end', report.coveredUntil, dataSet.until)
  same('root of the data set', report.root, dataSet.root)
  const result = computeEra(await openEraInput(sources, era))
  const tree = leafTree(result.leaves)
  same('recomputed root', report.root, tree.root)
  same('recomputed state', splitParts(encodeState(result.state)).map(partHash).join(), dataSet.state.join())
  return { dataSet, facts, result, tree }
}
