import { getReport, getReportRules } from '@tender/sdk'
import { eraSources, reportOfEra, standingReports } from '@tender/tenant'
import { defineCommand, required } from '../../command.ts'
import { readEra } from '../../monitors/readEra.ts'
import { type Check, compareFacts, rebuildReport } from '../../monitors/rebuildReport.ts'
import { withMonitors } from '../../monitors/withMonitors.ts'
import { openMarket } from '../../openMarket.ts'

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
      return rebuildReport(report, eraSources(monitors, market, reports))
    })
    context.progress.status('reading the chain')
    const from = reports.get(era - 1n)?.coveredUntil ?? (await getReportRules(market)).genesis
    const span = { era, from, until: report.coveredUntil }
    const facts = rebuilt.verified
      ? [await compareFacts(market, span, rebuilt.verified.dataSet.facts, context.signal)]
      : []
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
