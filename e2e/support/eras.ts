import { askPart, type NetworkNode } from '@tender/network'
import { type Leaf, marketDomain, type VerifiedEra, verifyDataSet } from '@tender/protocol'
import { findReports, getNextReport, getReport, type MarketClient, type PostedReport } from '@tender/sdk'
import { type Address, type Hex, zeroHash } from 'viem'
import type { MarketMonitor } from './marketMonitor.ts'
import { until } from './until.ts'

/** One era as it was reported, rebuilt from what the monitors serve: everything in it follows from the root on the chain. */
export type ReportedEra = VerifiedEra & {
  era: bigint
  /** Unix seconds. */
  from: number
  until: number
  report: PostedReport
  /** What all agreed on about a lease. */
  metric(lease: Hex): VerifiedEra['result']['metrics'][number]
  /** Seconds of a lease, cumulative. */
  served(lease: Hex): number
  /** What a lease's provider owes its tenant, cumulative, stake tokens' smallest units. */
  credit(lease: Hex): bigint
  score(provider: bigint): number
  /** Of a monitor, cumulative, smallest units of the asset. */
  fees(monitor: Address): bigint
  proof(is: (leaf: Leaf) => boolean): { leaf: Leaf; proof: readonly Hex[] }
}

export type Eras = {
  /** The era's report, once it is posted and effective. */
  reported(era: bigint): Promise<ReportedEra>
  /** The first era that begins at `time` or later, reported. */
  from(time: number): Promise<ReportedEra>
  /** The first report that covers `time`, Unix seconds. */
  covering(time: number): Promise<ReportedEra>
}

const PART_BYTES = 64 * 1024 * 1024
const ASK_MS = 20_000

type ErasOptions = { market: MarketClient; node: NetworkNode; monitors: readonly MarketMonitor[] }

export function createEras({ market, node, monitors }: ErasOptions): Eras {
  const { chainId, contracts } = market.book
  const domain = marketDomain({ chainId, orderBook: contracts.orderBook })

  async function part(hash: Hex): Promise<Uint8Array> {
    // A monitor that was away has it a little later.
    return until(`part ${hash} of an era`, async () => {
      for (const monitor of monitors) {
        const contact = monitor.contact()
        if (!contact) continue
        const signal = AbortSignal.timeout(ASK_MS)
        const found = await askPart(node, contact, hash, { maxBytes: PART_BYTES, signal }).catch(() => undefined)
        if (found) return found
      }
    })
  }

  /** By what each report says: whoever looks at an era again need not count it again. */
  const counted = new Map<string, VerifiedEra>()

  async function count(report: PostedReport, all: readonly PostedReport[]): Promise<VerifiedEra> {
    const key = `${report.era} ${report.root} ${report.dataHash}`
    const known = counted.get(key)
    if (known) return known
    const verified = await verifyDataSet({
      report,
      domain,
      reports: contracts.eraReports,
      part,
      dataHashOf: async (asked) => all.find((one) => one.era === asked)?.dataHash ?? zeroHash,
    })
    counted.set(key, verified)
    return verified
  }

  async function reported(era: bigint): Promise<ReportedEra> {
    await until(`the report of era ${era}`, async () => {
      const found = await getReport(market, { era })
      return found?.effective ? found : undefined
    })
    const all = (await findReports(market)).filter(({ vetoed }) => !vetoed)
    const report = all.find((one) => one.era === era)
    if (!report) throw new Error(`the chain took the report of era ${era} back`)
    return viewOf(await count(report, all), report)
  }

  async function next(fits: (era: bigint) => Promise<boolean>): Promise<ReportedEra> {
    const { lastEra } = await getNextReport(market)
    let era = lastEra
    while (era > 1n && (await fits(era - 1n))) era -= 1n
    if (era === 0n) era = 1n
    for (; ; era++) {
      const found = await reported(era)
      if (await fits(era)) return found
    }
  }

  const startOf = async (era: bigint) =>
    era === 1n ? 0 : ((await getReport(market, { era: era - 1n }))?.coveredUntil ?? 0)
  return {
    reported,
    from: (time) => next(async (era) => (await startOf(era)) >= time),
    covering: (time) => next(async (era) => ((await getReport(market, { era }))?.coveredUntil ?? 0) >= time),
  }
}

function viewOf(verified: VerifiedEra, report: PostedReport): ReportedEra {
  const { result, facts, tree } = verified
  const { leases, providers, monitors } = result.state
  const recordOf = (lease: Hex) => leases.find((record) => record.lease === lease)
  return {
    ...verified,
    era: report.era,
    from: facts.from,
    until: facts.until,
    report,
    metric(lease) {
      const found = result.metrics.find((metric) => metric.lease === lease)
      if (!found) throw new Error(`era ${report.era} says nothing of lease ${lease}`)
      return found
    },
    served: (lease) => recordOf(lease)?.served ?? 0,
    credit: (lease) => recordOf(lease)?.credit ?? 0n,
    score: (provider) => providers.find((record) => record.provider === provider)?.score ?? 0,
    fees: (monitor) =>
      monitors
        .filter((record) => record.monitor === monitor.toLowerCase())
        .flatMap(({ rewards }) => rewards)
        .reduce((sum, { amount }) => sum + amount, 0n),
    proof(is) {
      const index = result.leaves.findIndex(is)
      const leaf = result.leaves[index]
      if (!leaf) throw new Error(`no such leaf in the report of era ${report.era}`)
      return { leaf, proof: tree.proof(index) }
    },
  }
}
