import type { Logger } from '@tender/kit'
import {
  addressOfPublicKey,
  askLeaves,
  type LeafSubject,
  MAX_LEAF_LEASES,
  type NetworkNode,
  type ProvenLeaf,
} from '@tender/network'
import { type Dialable, type Leaf, leafHash, proofRoot } from '@tender/protocol'
import { getMonitors, getNextReport, getReport, getReportRules, type MarketClient } from '@tender/sdk'
import type { Hex } from 'viem'

/** The newest report that counts. `coveredUntil`: unix seconds. */
export type EffectiveReport = { era: bigint; root: Hex; coveredUntil: number }

/** How reporting stands on the chain. */
export type ReportHead = {
  report?: EffectiveReport | undefined
  /** Reports have failed to come for so long that leases may be settled by time. */
  fallbackOpen: boolean
}

/** What follows reports stands on: the chain, and the monitors. */
export type ReportSource = {
  head(): Promise<ReportHead>
  /** How long an era is meant to be. */
  eraSeconds(): Promise<number>
  /**
   * Leaves of a report, each proven by its root: one monitor after the other is asked until none is missing, so there may be fewer
   * than asked for. A lease's credit may come with it.
   */
  leaves(report: EffectiveReport, of: LeafSubject, signal: AbortSignal): Promise<ProvenLeaf[]>
}

type Options = { client: MarketClient; node: NetworkNode; log: Logger }

/** {@link ReportSource} over the chain, and over the network to whoever is a monitor there. */
export function createReportSource({ client, node, log }: Options): ReportSource {
  let contacts: { era: bigint; monitors: readonly Dialable[] } | undefined

  /** Read once an era: it takes a walk through the chain's log. */
  async function monitorsAt(era: bigint): Promise<readonly Dialable[]> {
    if (contacts?.era === era) return contacts.monitors
    const monitors = (await getMonitors(client)).filter(isReachable)
    // Each provider begins with another, so that the load is shared.
    const first = Math.floor(Math.random() * monitors.length)
    contacts = { era, monitors: [...monitors.slice(first), ...monitors.slice(0, first)] }
    return contacts.monitors
  }

  async function ask(monitor: Dialable, report: EffectiveReport, of: LeafSubject, signal: AbortSignal) {
    try {
      const { leaves } = await askLeaves(node, monitor, { era: report.era, of }, signal)
      const proven = leaves.filter(({ leaf, proof }) => proofRoot(leafHash(leaf), proof) === report.root)
      if (proven.length < leaves.length) {
        log.warn({ monitor: monitor.publicKey, era: report.era }, "a monitor shows leaves that are not the report's")
      }
      return proven
    } catch (error) {
      signal.throwIfAborted()
      log.debug({ monitor: monitor.publicKey, era: report.era, error }, 'a monitor does not show its leaves')
      return []
    }
  }

  return {
    async head() {
      const { lastEra, fallbackOpen } = await getNextReport(client)
      // At most one is pending; the one before it counts.
      for (const era of [lastEra, lastEra - 1n]) {
        const posted = era > 0n ? await getReport(client, { era }) : undefined
        if (posted?.effective) {
          return { report: { era, root: posted.root, coveredUntil: posted.coveredUntil }, fallbackOpen }
        }
      }
      return { fallbackOpen }
    },
    eraSeconds: async () => (await getReportRules(client)).eraSeconds,
    async leaves(report, of, signal) {
      const found = new Map<string, ProvenLeaf>()
      for (const monitor of await monitorsAt(report.era)) {
        const missing = stillMissing(of, found)
        if (!missing) break
        for (const proven of await ask(monitor, report, missing, signal)) found.set(keyOf(proven.leaf), proven)
      }
      if (found.size === 0) contacts = undefined
      return [...found.values()]
    },
  }
}

/** A contact is what its owner wrote on the chain: it may be none. */
function isReachable({ key, publicKey, addresses }: Dialable & { key: Hex }): boolean {
  try {
    return addresses.length > 0 && addressOfPublicKey(publicKey) === key
  } catch {
    return false // no key
  }
}

function stillMissing(of: LeafSubject, found: ReadonlyMap<string, ProvenLeaf>): LeafSubject | undefined {
  if (!('leases' in of)) return found.size === 0 ? of : undefined
  const leases = of.leases.filter((lease) => !found.has(`lease ${lease}`)).slice(0, MAX_LEAF_LEASES)
  return leases.length > 0 ? { leases } : undefined
}

function keyOf(leaf: Leaf): string {
  return 'lease' in leaf ? `${leaf.kind} ${leaf.lease}` : leaf.kind
}
