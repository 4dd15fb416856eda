import type { NetworkNode } from '@tender/network'
import {
  createLeafFinder,
  type LeafKey,
  leafHash,
  TenderError,
  type VerifiedEra,
  verifyDataSet,
} from '@tender/protocol'
import type { MarketClient, PostedReport } from '@tender/sdk'
import { eraSources, monitorPeers, reportOfEra, standingReports } from '@tender/tenant'
import type { EraProof } from './gatewayNetwork.ts'

/** Rebuilt eras that are kept: each may take as much memory as its leases. */
const MAX_ERAS = 4

/** Parts come from monitors elsewhere, and a large era takes a while to recompute. */
const REBUILD_TIMEOUT_MS = 120_000

/** Eras as their published data say, recomputed. */
export type EraLibrary = {
  data(era: bigint, signal: AbortSignal): Promise<VerifiedEra>
  proofs(era: bigint, of: LeafKey, signal: AbortSignal): Promise<EraProof[]>
}

type Reports = ReadonlyMap<bigint, PostedReport>
type Rebuilt = { root: string; era: Promise<VerifiedEra> }

export function createEraLibrary(market: MarketClient, node: NetworkNode, stopping: AbortSignal): EraLibrary {
  const kept = new Map<bigint, Rebuilt>()
  let reading: Promise<Reports> | undefined

  /** One reading of the chain serves all who ask meanwhile: an era may have been vetoed since. */
  function reports(): Promise<Reports> {
    reading ??= standingReports(market).finally(() => {
      reading = undefined
    })
    return reading
  }

  /** One rebuilding serves all who wait for it, so none of them may abort it. */
  async function rebuild(report: PostedReport, all: Reports): Promise<VerifiedEra> {
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(REBUILD_TIMEOUT_MS)])
    const monitors = await monitorPeers(market, node, signal)
    return verifyDataSet({ report, ...eraSources(monitors, market, all) })
  }

  function rebuilt(report: PostedReport, all: Reports): Promise<VerifiedEra> {
    const known = kept.get(report.era)
    kept.delete(report.era)
    const entry = known?.root === report.root ? known : { root: report.root, era: rebuild(report, all) }
    kept.set(report.era, entry)
    entry.era.catch(() => {
      if (kept.get(report.era) === entry) kept.delete(report.era)
    })
    const [oldest] = kept.keys()
    if (kept.size > MAX_ERAS && oldest !== undefined) kept.delete(oldest)
    return entry.era
  }

  async function data(era: bigint, signal: AbortSignal): Promise<VerifiedEra> {
    const all = await reports()
    return orAborted(rebuilt(reportOfEra(all, era), all), signal)
  }

  return {
    data,
    async proofs(era, of, signal) {
      const { result, tree } = await data(era, signal)
      return createLeafFinder(result.leaves)(of).map((index) => {
        const leaf = result.leaves[index]
        if (!leaf) throw new TenderError('a leaf is missing', { code: 'noSuchLeaf', class: 'internal' })
        return { leaf, hash: leafHash(leaf), proof: tree.proof(index) }
      })
    },
  }
}

/** The result, unless whoever waits for it goes first. */
async function orAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const aborted = () => reject(signal.reason)
  signal.addEventListener('abort', aborted, { once: true })
  try {
    return await Promise.race([result, promise])
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}
