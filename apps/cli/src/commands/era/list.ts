import { findReports, getMonitors, getNextReport, getReportRules, type PostedReport } from '@tender/sdk'
import { exactTime, nowSeconds } from '@tender/tenant'
import { printTable } from '../../cli/table.ts'
import { defineCommand, setting, wholeNumber } from '../../command.ts'
import { openMarket } from '../../openMarket.ts'

const DEFAULT_COUNT = 10

export const eraListCommand = defineCommand({
  description:
    'Lists the monitors and the reports that they agreed on, the newest last: what each covers, who signed it, and whether it counts by now. All of it from the chain.',
  examples: ['tender era list', 'tender era list --last 100 --json'],
  options: { last: setting('count', `how many reports, ${DEFAULT_COUNT} unless told`, wholeNumber) },
  async run(context, { last = DEFAULT_COUNT }) {
    const { market } = await openMarket(context)
    const [reports, monitors, next, { eraSeconds, activationDelaySeconds }] = await Promise.all([
      findReports(market),
      getMonitors(market),
      getNextReport(market),
      getReportRules(market),
    ])
    return { reports: last === 0 ? [] : reports.slice(-last), monitors, next, eraSeconds, activationDelaySeconds }
  },
  print({ reports, monitors, next }, out) {
    const total = monitors.reduce((sum, { weight }) => sum + weight, 0)
    out.line(`${monitors.length} monitors, ${total} stake tokens`)
    const names = new Map(monitors.map(({ key, index }) => [key, String(index)]))
    if (reports.length > 0) {
      const rows = reports.map((report) => [
        String(report.era),
        exactTime(report.coveredUntil),
        report.signers.map((key) => names.get(key) ?? 'gone').join(' '),
        `${report.attempt}.${report.round}`,
        stateOf(report),
      ])
      printTable(out, ['ERA', 'COVERS UNTIL', 'SIGNED BY', 'ROUND', 'STATE'], rows)
    }
    out.line(`next: era ${next.era}`)
    if (next.fallbackOpen)
      out.line(out.paint('red', 'reports failed to come for so long that leases are settled by time'))
  },
})

function stateOf({ vetoed, effectiveAt }: PostedReport): string {
  if (vetoed) return 'vetoed'
  return effectiveAt <= nowSeconds() ? 'counts' : `counts from ${exactTime(effectiveAt)}`
}
