import { readFacts } from '@tender/monitor'
import {
  type EraSources,
  encodeFacts,
  failureClass,
  partHash,
  splitParts,
  TenderError,
  type VerifiedEra,
  verifyDataSet,
} from '@tender/protocol'
import { getReport, getReportRules, type MarketClient, type PostedReport } from '@tender/sdk'
import { type Context, defineCommand, required } from '../../command.ts'
import { withMonitors } from '../../monitors/askMonitors.ts'
import { eraSources, readEra, reportOfEra, standingReports } from '../../monitors/eraSources.ts'
import { openMarket } from '../../openMarket.ts'

/** What a check found: `good` absent means that it could not be made, and `says` why. */
type Check = { check: string; good?: boolean; says: string }

export const reportVerifyCommand = defineCommand({
  description:
    "Rebuilds an era's report from its published data and compares: each part with its hash, each batch with its monitor's signature, the recomputed root with the chain's, and the facts that it rests on with the chain itself. Trusts only the chain's endpoint. Ends with 1 if something does not fit.",
  examples: ['tender report verify 12', 'tender report verify 12 --json'],
  arguments: { era: required('the era, see `tender era list`') },
  async run(context, { era: written }) {
    const era = readEra(written)
    const opened = await openMarket(context)
    const { market } = opened
    const reports = await standingReports(market)
    const report = reportOfEra(reports, era)
    const kept = await getReport(market, { era })
    const onChain: Check = {
      check: 'chain',
      good: kept?.root === report.root,
      says: kept?.root === report.root ? 'keeps this root' : 'keeps another root',
    }
    const rebuilt = await withMonitors(context, opened, (monitors) => {
      context.progress.status('fetching its data')
      return rebuild(report, eraSources(monitors, market, reports))
    })
    const facts = rebuilt.verified ? [await compareFacts(context, market, reports, report, rebuilt.verified)] : []
    context.progress.status(undefined)
    const checks = [onChain, ...rebuilt.checks, ...facts]
    const { verified } = rebuilt
    return {
      era,
      good: checks.every(({ good }) => good !== false),
      complete: checks.every(({ good }) => good !== undefined),
      checks,
      root: report.root,
      dataHash: report.dataHash,
      leaves: verified?.result.leaves.length,
      leases: verified?.facts.leases.length,
      batches: verified?.dataSet.batches.length,
    }
  },
  print({ era, good, complete, checks, leaves, leases, batches }, out) {
    for (const { check, good: fits, says } of checks) {
      const mark =
        fits === undefined ? out.paint('yellow', '?') : fits ? out.paint('green', '+') : out.paint('red', '-')
      out.line(`${mark} ${check}: ${says}`)
    }
    if (!good) return out.line(out.paint('red', `the report of era ${era} is not what its data say`))
    const missing = complete ? '' : ', as far as it could be checked'
    out.line(
      `the report of era ${era} follows from ${batches} batches over ${leases} leases: ${leaves} leaves${missing}`,
    )
  },
  exitCode: ({ good }) => (good ? 0 : 1),
})

async function rebuild(
  report: PostedReport,
  sources: EraSources,
): Promise<{ checks: Check[]; verified?: VerifiedEra }> {
  try {
    const verified = await verifyDataSet({ report, ...sources })
    return {
      verified,
      checks: [
        { check: 'data', good: true, says: 'every part is what its hash says' },
        { check: 'signatures', good: true, says: 'every batch is signed by its monitor' },
        { check: 'root', good: true, says: 'recomputed, it is the same' },
      ],
    }
  } catch (error) {
    if (!(error instanceof TenderError) || !wrongData.has(error.code)) throw error
    return { checks: [{ check: 'data', good: false, says: error.message }] }
  }
}

/** What is the data's fault; anything else is a reason not to know. */
const wrongData = new Set(['dataSetMismatch', 'notCanonical', 'badEraInput'])

async function compareFacts(
  { signal, progress }: Context,
  market: MarketClient,
  reports: ReadonlyMap<bigint, PostedReport>,
  { era, coveredUntil: until }: PostedReport,
  { dataSet }: VerifiedEra,
): Promise<Check> {
  progress.status('reading the chain')
  try {
    const from = reports.get(era - 1n)?.coveredUntil ?? (await getReportRules(market)).genesis
    const { facts } = await readFacts(market, { era, from, until }, signal)
    const hashes = splitParts(encodeFacts(facts)).map(partHash)
    const good = hashes.join() === dataSet.facts.join()
    return { check: 'facts', good, says: good ? "are the chain's" : "are not the chain's" }
  } catch (error) {
    signal.throwIfAborted()
    if (failureClass(error) === 'internal') throw error
    const why = error instanceof Error ? error.message : String(error)
    return { check: 'facts', says: `the chain's endpoint does not have them any more: ${why}` }
  }
}
