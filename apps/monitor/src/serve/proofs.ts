import type { LeavesRequest, ProvenLeaves } from '@tender/network'
import type { LeafKey } from '@tender/protocol'
import { type ReportLibrary, unknownEra } from '../eras/reportLibrary.ts'
import type { ChainView } from '../facts/chainView.ts'

/** Answers what effective reports say, with proofs. */
export function createProofs(
  reports: ReportLibrary,
  chain: Pick<ChainView, 'next' | 'time'>,
): (request: LeavesRequest, signal: AbortSignal) => Promise<ProvenLeaves> {
  return async ({ era, of }, signal) => {
    const effective = chain.next().posted.filter(({ effectiveAt }) => effectiveAt <= chain.time())
    const posted = era === undefined ? effective.at(-1) : effective.find((report) => report.era === era)
    if (!posted) throw unknownEra(era)
    const { leaves, tree, find } = await reports.report(posted, signal)
    const found = keysOf(of).flatMap((key) => [...find(key)])
    return {
      era: posted.era,
      leaves: found.flatMap((index) => {
        const leaf = leaves[index]
        return leaf ? [{ leaf, proof: tree.proof(index) }] : []
      }),
    }
  }
}

function keysOf(of: LeavesRequest['of']): LeafKey[] {
  return 'leases' in of ? [...new Set(of.leases)].map((lease) => ({ lease })) : [of]
}
