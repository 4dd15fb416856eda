import { askPart } from '@tender/network/browser'
import { type EraSources, marketDomain, NotFoundError, PART_BYTES } from '@tender/protocol'
import { findReports, type MarketClient, type PostedReport } from '@tender/sdk'
import type { MonitorPeers } from './askMonitors.ts'

/** Batches are as large as any part. */
const MAX_BYTES = 4 * PART_BYTES

/** Reports that count or will, by era: those that were not vetoed. */
export async function standingReports(market: MarketClient): Promise<ReadonlyMap<bigint, PostedReport>> {
  const reports = (await findReports(market)).filter(({ vetoed }) => !vetoed)
  return new Map(reports.map((report) => [report.era, report]))
}

/** @throws {NotFoundError} `unknownEra` */
export function reportOfEra(reports: ReadonlyMap<bigint, PostedReport>, era: bigint): PostedReport {
  const report = reports.get(era)
  if (report) return report
  const last = Math.max(0, ...[...reports.keys()].map(Number))
  throw new NotFoundError(`era ${era} has no report`, {
    code: 'unknownEra',
    hint: last === 0 ? 'There is none yet.' : `The last is of era ${last}: see \`tender era list\`.`,
  })
}

/** The data of eras, by hash from whichever monitor has them: none of them has to be trusted. */
export function eraSources(
  monitors: MonitorPeers,
  { book }: Pick<MarketClient, 'book'>,
  reports: ReadonlyMap<bigint, PostedReport>,
): EraSources {
  return {
    domain: marketDomain({ chainId: book.chainId, orderBook: book.contracts.orderBook }),
    reports: book.contracts.eraReports,
    part: (hash) =>
      monitors.ask((monitor, node, signal) => askPart(node, monitor, hash, { maxBytes: MAX_BYTES, signal })),
    dataHashOf: async (era) => reportOfEra(reports, era).dataHash,
  }
}
