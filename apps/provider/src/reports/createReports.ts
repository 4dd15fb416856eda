import { setTimeout as sleep } from 'node:timers/promises'
import type { Collection, Logger } from '@tender/kit'
import { MAX_LEAF_LEASES } from '@tender/network'
import { TenderError } from '@tender/protocol'
import type { Hex } from 'viem'
import type { ReportingFacts } from '../leases/decide.ts'
import type { LeaseBook } from '../leases/leaseBook.ts'
import type { LeaseRecord, Reported } from '../leases/leaseRecord.ts'
import type { EffectiveReport, ReportHead, ReportSource } from './reportSource.ts'
import type { Standing } from './standing.ts'

/** What this provider knows of the monitors' reports. */
export type Reports = {
  /** How reporting stood when it was last looked at. */
  reporting(): ReportingFacts
  /** What the newest report that was seen says of this provider. */
  standing(): Standing | undefined
  /** Looks once: at the chain, and at what a new report says of what is this provider's. What it cannot learn now it learns another time. */
  look(source: ReportSource, signal: AbortSignal): Promise<void>
  /** Looks again and again until aborted, whatever goes wrong. Never rejects. */
  run(source: ReportSource, signal: AbortSignal): Promise<void>
}

export type ReportsOptions = {
  provider: bigint
  leases: Pick<LeaseBook, 'live' | 'get' | 'update'>
  standings: Collection<Standing>
  /** Takes what is worth it of a new standing to the chain; tried again until it does not throw. */
  keep(standing: Standing): Promise<void>
  /** Told when something changed. */
  changed(): void
  nowSeconds(): number
  log: Logger
}

const STANDING_KEY = 'newest'

/** A report is late by its activation delay anyway: a tenth of an era more is little, and asks the chain seldom. */
const LOOKS_PER_ERA = 10
const SHORTEST_PAUSE_SECONDS = 1
const LONGEST_PAUSE_SECONDS = 60

/**
 * Follows the monitors' reports and keeps what they say of this provider and its leases, with the proofs: who told it may be gone when
 * it is needed. Everything kept is proven by a root that the chain has.
 */
export function createReports(options: ReportsOptions): Reports {
  const { provider, leases, standings, keep, changed, nowSeconds, log } = options
  let head: ReportHead = { fallbackOpen: false }
  let eraSeconds: number | undefined
  /** Since when the fallback was seen open, unix seconds. */
  let openSince: number | undefined
  let keptEra: bigint | undefined
  /** How often one report was looked at. */
  let looks = { root: '', count: 0 }

  /** What could not be learnt at once is tried ever less often: who tells nothing, or has nothing to tell, is not asked all day. */
  function isDue({ root }: EffectiveReport): boolean {
    looks = { root, count: looks.root === root ? looks.count + 1 : 1 }
    return Number.isInteger(Math.log2(looks.count))
  }

  async function takeLeases(source: ReportSource, report: EffectiveReport, signal: AbortSignal): Promise<void> {
    const wanted = leases.live().filter((record) => isToldBy(report, record))
    for (let first = 0; first < wanted.length; first += MAX_LEAF_LEASES) {
      const asked = wanted.slice(first, first + MAX_LEAF_LEASES).map(({ leaseId }) => leaseId)
      const told = await reportedOf(source, report, asked, signal)
      for (const [leaseId, reported] of told) leases.update(leaseId, { reported })
      if (told.size > 0) changed()
      if (told.size < asked.length) {
        log.warn({ era: report.era, missing: asked.length - told.size }, 'no monitor shows what the report says')
      }
    }
  }

  async function takeStanding(source: ReportSource, report: EffectiveReport, signal: AbortSignal): Promise<void> {
    if (standings.get(STANDING_KEY)?.era === report.era) return
    const [found] = await source.leaves(report, { provider }, signal)
    if (found?.leaf.kind !== 'provider') return
    const { score, rewards, slashed } = found.leaf
    const { era, coveredUntil } = report
    standings.set(STANDING_KEY, { era, coveredUntil, score, rewards, slashed, proof: found.proof })
  }

  async function keepNewest(): Promise<void> {
    const standing = standings.get(STANDING_KEY)
    if (!standing || standing.era === keptEra) return
    try {
      await keep(standing)
    } catch (error) {
      // The chain took that report back: it is learnt anew.
      if (isUnproven(error)) standings.delete(STANDING_KEY)
      throw error
    }
    keptEra = standing.era
  }

  const reports: Reports = {
    reporting: () => ({
      coveredUntil: head.report?.coveredUntil ?? 0,
      // Monitors that come back together, as on a machine that slept, get an era to report before their leases are taken from them.
      fallbackOpen: openSince !== undefined && nowSeconds() >= openSince + (eraSeconds ?? Number.POSITIVE_INFINITY),
    }),
    standing: () => standings.get(STANDING_KEY),
    async look(source, signal) {
      eraSeconds ??= await source.eraSeconds()
      const next = await source.head()
      const { report, fallbackOpen } = next
      openSince = fallbackOpen ? (openSince ?? nowSeconds()) : undefined
      if (fallbackOpen && !head.fallbackOpen) log.warn({}, 'no report has come for long: leases may be settled by time')
      const isNews = report?.root !== head.report?.root || fallbackOpen !== head.fallbackOpen
      head = next
      if (isNews) changed()
      if (!report || !isDue(report)) return
      await takeLeases(source, report, signal)
      await takeStanding(source, report, signal)
      await keepNewest()
    },
    async run(source, signal) {
      while (!signal.aborted) {
        try {
          await reports.look(source, signal)
        } catch (error) {
          if (!signal.aborted) log.warn({ error }, 'the reports cannot be followed')
        }
        await sleep(pauseSeconds(eraSeconds) * 1000, undefined, { signal }).catch(() => {}) // aborted: the loop ends
      }
    },
  }
  return reports
}

/** The chain has no such report, or another in its place. */
export function isUnproven(error: unknown): boolean {
  return error instanceof TenderError && (error.code === 'noLeaf' || error.code === 'notEffective')
}

/** What is still to be learnt from a report, and what it must mention: what is final in an earlier one is left out. */
function isToldBy(report: EffectiveReport, { terms, chain, reported }: LeaseRecord): boolean {
  if (terms.uptimeBps === 0 || chain.byTime || chain.resolved || chain.start >= report.coveredUntil) return false
  return reported?.era !== report.era && (reported?.coveredUntil ?? 0) < chain.stop
}

async function reportedOf(
  source: ReportSource,
  { era, coveredUntil, ...rest }: EffectiveReport,
  asked: readonly Hex[],
  signal: AbortSignal,
): Promise<Map<Hex, Reported>> {
  const leaves = await source.leaves({ era, coveredUntil, ...rest }, { leases: asked }, signal)
  const credits = new Map(leaves.flatMap(({ leaf }) => (leaf.kind === 'credit' ? [[leaf.lease, leaf.amount]] : [])))
  return new Map(
    leaves.flatMap(({ leaf, proof }) => {
      if (leaf.kind !== 'lease') return []
      const { lease, served } = leaf
      return [[lease, { era, coveredUntil, served, proof, credit: credits.get(lease) ?? 0n }]]
    }),
  )
}

function pauseSeconds(eraSeconds = 0): number {
  return Math.max(SHORTEST_PAUSE_SECONDS, Math.min(LONGEST_PAUSE_SECONDS, eraSeconds / LOOKS_PER_ERA))
}
