import { askObservations, type LeaseObservations } from '@tender/network'
import { type LeaseMetric, levelOf, NotFoundError, type VerifiedEra, verifyDataSet } from '@tender/protocol'
import {
  eraSources,
  exactTime,
  type MonitorPeers,
  type Reply,
  reportOfEra,
  shortId,
  standingReports,
} from '@tender/tenant'
import type { Hex } from 'viem'
import { printTable } from '../../cli/table.ts'
import { defineCommand, type Out, required, setting, text } from '../../command.ts'
import { readEra } from '../../monitors/readEra.ts'
import { withMonitors } from '../../monitors/withMonitors.ts'
import { openMarket } from '../../openMarket.ts'

/** `--json` has all. */
const LINES = 40

export const eraShowCommand = defineCommand({
  description:
    "Shows what the monitors agreed on for an era: each lease's service, each provider's score. Fetched from any monitor and recomputed here, so that none of them has to be trusted. With --lease also the evidence: what each monitor saw of that lease, signed, with every probe.",
  examples: ['tender era show 12', 'tender era show 12 --lease 4fa1', 'tender era show 12 --lease 4fa1 --json'],
  arguments: { era: required('the era, see `tender era list`') },
  options: { lease: setting('lease', 'the beginning of a lease id', text) },
  async run(context, { era: written, lease }) {
    const era = readEra(written)
    const opened = await openMarket(context)
    const reports = await standingReports(opened.market)
    const report = reportOfEra(reports, era)
    return withMonitors(context, opened, async (monitors) => {
      const verified = await verifyDataSet({ report, ...eraSources(monitors, opened.market, reports) })
      const metrics = verified.result.metrics.filter((metric) => lease === undefined || isOf(metric, lease))
      const [chosen, another] = lease === undefined ? [] : metrics
      if (lease !== undefined && (!chosen || another)) throw notOne(lease, metrics.length, era)
      return {
        report,
        leases: metrics,
        providers: lease === undefined ? providersOf(verified) : [],
        monitors: verified.dataSet.batches.map(({ monitor }) => monitor),
        observations: chosen ? await observationsOf(monitors, chosen.lease, era) : [],
        from: verified.facts.from,
      }
    })
  },
  print({ report, from, leases, providers, monitors, observations }, out) {
    out.line(`era ${report.era}, ${exactTime(from)} to ${exactTime(report.coveredUntil)}`)
    out.line(`  root       ${report.root}`)
    out.line(`  data       ${report.dataHash}`)
    out.line(`  batches    of ${monitors.length} monitors; the report is signed by ${report.signers.length}`)
    out.line(`  counts     ${report.effectiveAt === 0 ? 'never' : `from ${exactTime(report.effectiveAt)}`}`)
    printLeases(leases, out)
    if (providers.length > 0) {
      const rows = providers
        .slice(0, LINES)
        .map(({ provider, score, level, uptimeBps }) => [
          String(provider),
          String(score),
          String(level),
          uptimeBps === undefined ? '-' : percent(uptimeBps),
        ])
      out.line()
      printTable(out, ['PROVIDER', 'SCORE', 'LEVEL', 'UPTIME'], rows)
    }
    for (const reply of observations) printObservation(reply, out)
  },
})

type Evidence = Reply<LeaseObservations>

/** Every monitor is asked: who was not drawn for the lease says so. */
function observationsOf(monitors: MonitorPeers, lease: Hex, era: bigint): Promise<Evidence[]> {
  return monitors.askEach((monitor, node, signal) => askObservations(node, monitor, { lease, era }, signal))
}

function providersOf({ result }: VerifiedEra) {
  return result.state.providers.map(({ provider, score, performance }) => ({
    provider,
    score,
    level: levelOf(score),
    uptimeBps: performance.uptimeBps,
  }))
}

function isOf({ lease }: LeaseMetric, prefix: string): boolean {
  return lease.startsWith(prefix.toLowerCase()) || lease.startsWith(`0x${prefix.toLowerCase()}`)
}

function notOne(prefix: string, found: number, era: bigint): NotFoundError {
  const message = found === 0 ? `no lease of era ${era} begins with` : `${found} leases of era ${era} begin with`
  return new NotFoundError(`${message} "${prefix}"`, { code: found === 0 ? 'unknownLease' : 'ambiguousLease' })
}

function printLeases(leases: readonly LeaseMetric[], out: Out): void {
  if (leases.length === 0) {
    out.line('  no leases')
    return
  }
  const rows = leases
    .slice(0, LINES)
    .map((metric) => [
      shortId(metric.lease),
      `${metric.servedSeconds} of ${metric.dueSeconds + metric.lostSeconds} s`,
      metric.upBps === undefined ? 'nobody knows' : percent(metric.upBps),
      metric.latencyMs === undefined ? '-' : `${metric.latencyMs} ms`,
      `${metric.seenBy.length} of ${metric.assigned.length}`,
    ])
  out.line()
  printTable(out, ['LEASE', 'SERVED', 'UP', 'LATENCY', 'SEEN BY'], rows)
  if (leases.length > LINES) out.line(`and ${leases.length - LINES} more: --json has all`)
}

function printObservation(reply: Evidence, out: Out): void {
  const { monitor } = reply
  out.line()
  out.line(
    `monitor ${monitor.index} (${monitor.key}) ${'error' in reply ? reply.error.message : wordsOf(reply.answer)}`,
  )
  if ('error' in reply || !reply.answer.seen) return
  const { probes } = reply.answer.seen
  const bad = probes.filter(({ outcome }) => outcome === 'bad')
  const blind = probes.filter(({ outcome }) => outcome === 'blind').length
  if (blind > 0) out.line(`  ${blind} do not count: it was cut off itself`)
  for (const { at, kind, detail } of bad.slice(0, LINES)) {
    out.line(`  ${new Date(at * 1000).toISOString()} ${kind} failed${detail === '' ? '' : `: ${detail}`}`)
  }
}

function wordsOf({ seen, batch }: LeaseObservations): string {
  if (!seen) return 'was not drawn for it'
  const { upBps, probes, latencyMs, spreadMs, challenges, answered } = seen.observation
  const times = `${latencyMs} ms, the slowest tenth ${spreadMs} ms more`
  const words = `${percent(upBps)} up by ${probes} probes, ${times}; ${answered} of ${challenges} challenges answered`
  return `signed ${shortId(batch.header.digest)}: ${words}`
}

function percent(bps: number): string {
  return `${bps / 100} %`
}
