import { formatAmount, formatPrice, kinds } from '@tender/protocol'
import { endText, factsOf, type LeaseView, nowSeconds, shortId, statusText, viewLease } from '@tender/tenant'
import { printTable } from '../cli/table.ts'
import { defineCommand, type Out, toggle } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { openMarket } from '../openMarket.ts'
import { askWorkloads } from '../tenant/agents.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'
import { paintedEnd, warnOfEnd } from '../tenant/paintedEnd.ts'

export const psCommand = defineCommand({
  description:
    'Lists the leases that were ordered on this machine, but for those of jobs (`tender job ps`): how they are, when they end, what they cost until now, and what escrow still holds for them. An end within a day is yellow, within an hour red. Asks chain and providers, and for no password.',
  examples: ['tender ps', 'tender ps --all', "tender ps --json | jq -r '.leases[].url'"],
  options: { all: toggle('also those that ended', { short: 'a' }) },
  async run(context, { all }) {
    const { name, profile, market } = await openMarket(context)
    const records = await openTenantRecords(marketDirectory(context.home, name))
    // Jobs have a list of their own: nothing of them serves, or goes by time.
    const services = (await records.leases.all()).filter(({ terms }) => terms.kind === kinds.service)
    const known = await Promise.all(services.map((record) => factsOf(market, record)))
    const listed = known.filter(({ lease }) => all || (lease !== undefined && lease.status !== 'resolved'))

    context.progress.status('asking providers')
    const running = listed.flatMap(({ lease, record }) => (lease?.status === 'running' ? [record] : []))
    const place = { home: context.home, market, bootstrap: profile.bootstrap }
    const workloads = await askWorkloads(place, records, running, context.signal)
    const views = listed.map((facts) => viewLease({ ...facts, workload: workloads.get(facts.record.leaseId) }))
    return { market: name, leases: views.sort((a, b) => a.start - b.start) }
  },
  print({ market, leases }, out) {
    if (leases.length === 0) return out.line(`nothing runs on market ${market}: rent something with \`tender up\``)
    const headings = ['LEASE', 'NAME', 'PROVIDER', 'RATE', 'END', 'COST SO FAR', 'STILL HELD', 'STATUS']
    printTable(
      out,
      headings,
      leases.map((lease) => rowOf(lease, out)),
    )
    for (const lease of leases) printUrl(lease, out)
    for (const lease of leases)
      if (lease.status === 'running') warnOfEnd(out, lease, lease.stop - lease.remainingSeconds)
  },
})

function rowOf(lease: LeaseView, out: Out): string[] {
  const { leaseId, name, provider, rate, stop, remainingSeconds, cost, held, asset } = lease
  const now = remainingSeconds > 0 ? stop - remainingSeconds : nowSeconds()
  return [
    shortId(leaseId),
    name,
    String(provider),
    formatPrice(rate, asset),
    remainingSeconds > 0 ? paintedEnd(out, stop, now) : endText(stop, Math.max(stop, now)),
    formatAmount(cost, asset),
    formatAmount(held, asset),
    statusText(lease),
  ]
}

/** On lines of their own, so that a terminal of 80 columns does not break them. */
function printUrl({ leaseId, url, status }: LeaseView, out: Out): void {
  if (url !== undefined && status === 'running') out.line(`${shortId(leaseId)}  ${out.paint('cyan', url)}`)
}
