import { setTimeout as sleep } from 'node:timers/promises'
import { bytes32Schema, deposit, formatAmount, formatDuration, owed, parseDuration, type Terms } from '@tender/protocol'
import {
  closeLease,
  findTermsOfLease,
  finishLease,
  getAsset,
  getLease,
  getPolicy,
  type Lease,
  type MarketClient,
} from '@tender/sdk'
import { nowSeconds, shortId, type TenantRecords } from '@tender/tenant'
import type { Hex } from 'viem'
import { confirm } from '../cli/prompts.ts'
import { type Context, defineCommand, required, setting } from '../command.ts'
import { marketDirectory } from '../home/home.ts'
import { checkService } from '../jobs/checkService.ts'
import { openAccountMarket } from '../openMarket.ts'
import { openTenantRecords } from '../tenant/fileRecords.ts'

/** A provider that runs settles within a few blocks of the close. */
const DEFAULT_WAIT_SECONDS = 30
const ASK_EVERY_MS = 200

export const closeCommand = defineCommand({
  description:
    'Ends a lease now. What it did not use comes back at once; then its provider claims what it earned, for which this waits a little. Run again it only shows how that went.',
  examples: ['tender close 4fa1', 'tender close 4fa1 --yes --json', 'tender close 4fa1 --wait 5m'],
  arguments: { lease: required('the beginning of a lease id') },
  options: {
    wait: setting('time', `how long to wait for the settlement, ${DEFAULT_WAIT_SECONDS}s unless told`, parseDuration),
  },
  async run(context, { lease: prefix, wait = DEFAULT_WAIT_SECONDS }) {
    const { name: marketName, market } = await openAccountMarket(context)
    const records = await openTenantRecords(marketDirectory(context.home, marketName))
    const { leaseId, name, terms } = await findLease(market, records, prefix)
    checkService({ leaseId, name, terms }, endsJob)
    const asset = await getAsset(market, { asset: terms.asset })
    const before = await getLease(market, { lease: terms })
    if (before.status === 'running' && nowSeconds() < before.stop) {
      await confirm(context, `Close ${name} (lease ${shortId(before.leaseId)})? It stops at once.`)
      context.progress.status('closing')
      await closeLease(market, { lease: terms })
    }
    context.progress.status('waiting for the provider to settle')
    const lease = await settled(context, market, terms, wait)
    return { ...outcomeOf(lease), name, provider: terms.provider, asset }
  },
  print({ leaseId, name, seconds, paid, refunded, held, resolved, asset }, out) {
    const rows = [
      `${name} (lease ${shortId(leaseId)}) ran for ${formatDuration(seconds)}`,
      `  paid      ${formatAmount(paid, asset)}`,
      `  refunded  ${formatAmount(refunded, asset)}`,
    ]
    if (!resolved)
      rows.push(`  held      ${formatAmount(held, asset)}, until its provider claims it: see \`tender ps\``)
    for (const row of rows) out.line(row)
  },
})

const endsJob = (id: string) =>
  `\`tender job cancel ${id}\` ends it before its result is submitted, \`tender job accept ${id}\` pays for a result at once, and \`tender job show ${id}\` says how it stands.`

/** A lease of this machine's records, or by its whole id any of the chain's: money does not depend on records. */
async function findLease(
  market: MarketClient,
  { leases }: TenantRecords,
  prefix: string,
): Promise<{ leaseId: Hex; name: string; terms: Terms }> {
  const parsed = bytes32Schema.safeParse(prefix)
  if (!parsed.success) return leases.find(prefix)
  const known = await leases.get(parsed.data)
  const leaseId = parsed.data
  return known ?? { leaseId, name: 'a lease', terms: await findTermsOfLease(market, { leaseId }) }
}

/** The lease once its money is divided, or as it stands when the wait is over or makes no sense. */
async function settled({ signal }: Context, market: MarketClient, terms: Terms, waitSeconds: number): Promise<Lease> {
  const { finalGraceSeconds } = await getPolicy(market)
  const deadline = nowSeconds() + waitSeconds
  for (;;) {
    const lease = await getLease(market, { lease: terms })
    const now = Math.max(nowSeconds(), lease.timestamp)
    if (lease.status === 'resolved' || nowSeconds() >= deadline || lease.stop > deadline) return lease
    // Nobody claimed it in time: the rest is the tenant's, and anybody may say so.
    if (now > lease.stop + finalGraceSeconds) await finishLease(market, { lease: terms })
    else await sleep(ASK_EVERY_MS, undefined, { signal })
  }
}

/** Who got what. Whatever was deposited is paid, refunded or still held. */
function outcomeOf({ leaseId, terms, end, stop, secondsPaid, held, status }: Lease) {
  const resolved = status === 'resolved'
  const paid = owed(terms.rate, secondsPaid)
  const refunded = deposit(terms.rate, end - terms.start) - paid - held
  return {
    leaseId,
    seconds: (resolved ? terms.start + secondsPaid : stop) - terms.start,
    stop,
    paid,
    refunded,
    held,
    resolved,
  }
}
