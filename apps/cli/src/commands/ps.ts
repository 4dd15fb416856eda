import { formatAmount, formatDuration, formatPrice } from '@tender/protocol'
import { findLeaseEnd, getAsset, getLease, type MarketClient } from '@tender/sdk'
import { printTable } from '../cli/table.ts'
import { defineCommand, type Out, toggle } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { openMarket } from '../openMarket.ts'
import { askWorkloads } from '../tenant/agents.ts'
import { ifKnown } from '../tenant/ifKnown.ts'
import { type LeaseFacts, type LeaseView, statusText, viewLease } from '../tenant/leaseView.ts'
import { openTenantRecords, shortId, type TenantLease } from '../tenant/records.ts'
import { nowSeconds } from '../tenant/tenant.ts'

export const psCommand = defineCommand({
  description:
    'Lists the leases that were ordered on this machine: how they are, what they cost until now, and what escrow still holds for them. Asks chain and providers, and for no password.',
  examples: ['tender ps', 'tender ps --all', "tender ps --json | jq -r '.leases[].url'"],
  options: { all: toggle('also those that ended', { short: 'a' }) },
  async run(context, { all }) {
    const { name, profile, market } = await openMarket(context)
    const records = await openTenantRecords(marketDirectory(context.home, name))
    const known = await Promise.all((await records.leases.all()).map((record) => factsOf(market, record)))
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
    const headings = ['LEASE', 'NAME', 'PROVIDER', 'RATE', 'ENDS IN', 'COST SO FAR', 'STILL HELD', 'STATUS']
    printTable(out, headings, leases.map(rowOf))
    for (const lease of leases) printUrl(lease, out)
  },
})

function rowOf(lease: LeaseView): string[] {
  const { leaseId, name, provider, rate, remainingSeconds, cost, held, asset } = lease
  return [
    shortId(leaseId),
    name,
    String(provider),
    formatPrice(rate, asset),
    remainingSeconds > 0 ? formatDuration(remainingSeconds) : '-',
    formatAmount(cost, asset),
    formatAmount(held, asset),
    statusText(lease),
  ]
}

/** On lines of their own, so that a terminal of 80 columns does not break them. */
function printUrl({ leaseId, url, status }: LeaseView, out: Out): void {
  if (url !== undefined && status === 'running') out.line(`${shortId(leaseId)}  ${out.paint('cyan', url)}`)
}

async function factsOf(market: MarketClient, record: TenantLease): Promise<LeaseFacts> {
  const { terms, leaseId } = record
  const [asset, lease] = await Promise.all([
    getAsset(market, { asset: terms.asset }),
    ifKnown(getLease(market, { lease: terms })),
  ])
  const end = lease?.closedAt === undefined ? undefined : await findLeaseEnd(market, { leaseId })
  return { record, asset, lease, endReason: end?.reason, workload: undefined, nowSeconds: nowSeconds() }
}
