import {
  computeEra,
  createLeafFinder,
  type EraResult,
  type LeafFinder,
  leafTree,
  type MerkleTree,
  NotFoundError,
  openEra,
  openEraInput,
  type StateView,
  TenderError,
} from '@tender/protocol'
import type { PostedReport } from '../facts/nextReport.ts'
import type { Library } from './library.ts'

/** A report as it was posted, with everything that it says. */
export type KnownReport = Pick<EraResult, 'leaves' | 'metrics'> & {
  posted: PostedReport
  tree: MerkleTree
  /** Places of leaves in the tree. */
  find: LeafFinder
  /** What the era before left. */
  previous: StateView
}

/** Reports rebuilt from their data sets, those asked for lately in memory. */
export type ReportLibrary = {
  /** @throws {NotFoundError} `unknownPart`; {TenderError} `otherRoot` if the data are not what was posted */
  report(posted: PostedReport, signal: AbortSignal): Promise<KnownReport>
}

/** An era's leaves may take hundreds of megabytes. */
const IN_MEMORY = 2

export function createReportLibrary(library: Library): ReportLibrary {
  const known = new Map<string, Promise<KnownReport>>()
  /** Anybody may ask for any era: one is rebuilt at a time, and none for who has gone meanwhile. */
  let turn: Promise<unknown> = Promise.resolve()

  async function rebuild(posted: PostedReport, signal: AbortSignal): Promise<KnownReport> {
    signal.throwIfAborted()
    const sources = library.sources(posted.era, signal)
    const era = await openEra(sources, posted.era)
    const { leaves, metrics } = computeEra(await openEraInput(sources, era))
    const tree = leafTree(leaves)
    if (tree.root !== posted.root) throw otherRoot(posted, tree)
    return { posted, leaves, metrics, tree, find: createLeafFinder(leaves), previous: era.previous }
  }

  return {
    report(posted, signal) {
      const key = posted.dataHash
      const before = known.get(key)
      if (before) return before
      const building = turn.then(() => rebuild(posted, signal))
      turn = building.catch(() => known.delete(key))
      known.set(key, building)
      const [oldest] = known.keys()
      if (known.size > IN_MEMORY && oldest !== undefined) known.delete(oldest)
      return building
    },
  }
}

function otherRoot({ era, root }: PostedReport, { root: found }: MerkleTree): TenderError {
  return new TenderError(`the data of era ${era} give another root than was posted`, {
    code: 'otherRoot',
    class: 'internal',
    data: { era, root, found },
  })
}

/** @param era `undefined`: the newest was asked for */
export function unknownEra(era: bigint | undefined): NotFoundError {
  const what = era === undefined ? 'no report is effective yet' : `nothing is known of era ${era}`
  return new NotFoundError(what, { code: 'unknownEra' })
}
