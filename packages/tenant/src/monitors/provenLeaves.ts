import { askLeaves, type LeafSubject, type ProvenLeaves } from '@tender/network/browser'
import { type MarketClient, verifyLeaf } from '@tender/sdk'
import type { MonitorPeers } from './askMonitors.ts'

/**
 * What an era's report, or the newest effective one that monitors know, says of a subject, each leaf checked against the chain. A monitor that shows
 * what is not in the report is passed over like one that is silent.
 *
 * @throws {TenderError} `unknownEra` while no report is effective; {UnreachableError} `noMonitorAnswers`
 */
export function provenLeaves(
  monitors: MonitorPeers,
  market: MarketClient,
  of: LeafSubject,
  era?: bigint,
): Promise<ProvenLeaves> {
  return monitors.ask(async (monitor, node, signal) => {
    const proven = await askLeaves(node, monitor, { era, of }, signal)
    await Promise.all(proven.leaves.map(({ leaf, proof }) => verifyLeaf(market, { era: proven.era, leaf, proof })))
    return proven
  })
}
