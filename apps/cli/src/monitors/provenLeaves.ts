import { askLeaves, type LeafSubject, type ProvenLeaves } from '@tender/network'
import { type MarketClient, verifyLeaf } from '@tender/sdk'
import type { MonitorPeers } from './askMonitors.ts'

/**
 * What the newest effective report that monitors know says of a subject, each leaf checked against the chain. A monitor that shows
 * what is not in the report is passed over like one that is silent.
 *
 * @throws {TenderError} `unknownEra` while no report is effective; {UnreachableError} `noMonitorAnswers`
 */
export function provenLeaves(monitors: MonitorPeers, market: MarketClient, of: LeafSubject): Promise<ProvenLeaves> {
  return monitors.ask(async (monitor, node, signal) => {
    const proven = await askLeaves(node, monitor, { of }, signal)
    await Promise.all(proven.leaves.map(({ leaf, proof }) => verifyLeaf(market, { era: proven.era, leaf, proof })))
    return proven
  })
}
