import { askStatus, type LeaseStatus, type LogLine, readLogs } from '@tender/network'
import {
  failureClass,
  formatAmount,
  formatDuration,
  formatPrice,
  nameOf,
  owed,
  resourceName,
  type Terms,
  tiers,
  unseal,
} from '@tender/protocol'
import { findLeaseEnd, getAsset, type Lease, type MarketAsset } from '@tender/sdk'
import {
  type CheckedEvidence,
  checkEvidence,
  clockTime,
  type LeaseView,
  nowSeconds,
  statusText,
  type TenantLease,
  verdictWords,
  viewLease,
} from '@tender/tenant'
import { type Context, defineCommand, type Out, required } from '../../command.ts'
import { nextSteps } from '../../tenant/nextSteps.ts'
import { paintedEnd } from '../../tenant/paintedEnd.ts'
import { type OwnReach, withLease } from '../../tenant/withLease.ts'

const LOG_LINES = 10
const DAY_SECONDS = 86_400

export const leaseShowCommand = defineCommand({
  description:
    'Shows all that is known of a lease: what was agreed, what it cost, how its workload is, how an update went, the end of its log; and of one that ended why, with what its provider says about it held against the hash that is on the chain.',
  examples: ['tender lease show 4fa1', 'tender lease show 4fa1 --json | jq .evidence'],
  arguments: { lease: required('the beginning of a lease id') },
  run: (context, { lease: prefix }) =>
    withLease(context, prefix, (reach) => showable(context, reach), {
      ofJob: (id) => `\`tender job show ${id}\` shows all that is known of it.`,
    }),
  print: show,
})

/** All that is known of a lease. */
async function showable(context: Context, reach: OwnReach): Promise<Shown> {
  context.progress.status('asking chain and provider')
  const { record, lease, market } = reach
  const asset = await getAsset(market, { asset: record.terms.asset })
  const end = lease?.closedAt === undefined ? undefined : await findLeaseEnd(market, { leaseId: record.leaseId })
  const heard = await hear(context, reach, end?.evidence)
  const facts = { record, asset, lease, endReason: end?.reason, workload: heard.workload, nowSeconds: nowSeconds() }
  const view = viewLease(facts)
  const current = (await reach.records.leases.get(record.leaseId)) ?? record
  return {
    ...view,
    order: record.terms.order,
    terms: record.terms,
    where: current.provider,
    money: moneyOf(lease),
    revision: current.revision ?? 0,
    update: updateOf(current, heard.status),
    waitingFor: heard.status?.waitingFor,
    prolonging: current.prolonging,
    evidence: heard.evidence,
    log: heard.log,
    unheard: heard.unheard,
    next: nextSteps(view, current),
  }
}

type Heard = {
  status: LeaseStatus | undefined
  workload: LeaseStatus | { phase: 'silent'; reason: string } | undefined
  evidence: CheckedEvidence | undefined
  log: LogLine[]
  /** Why the provider could not be asked. */
  unheard: string | undefined
}

/** What the provider says. One that is gone leaves what the chain says. */
async function hear(context: Context, reach: OwnReach, recorded: `0x${string}` | undefined): Promise<Heard> {
  const { signal } = context
  const { record, lease, ask } = reach
  const runs = lease?.status === 'running' || lease?.status === 'ending'
  try {
    const status = await ask((provider, node) => askStatus(node, provider, { lease: record.leaseId }, signal))
    const evidence = runs ? undefined : await orUnknown(checkEvidence(reach, recorded, signal))
    const log = (await orUnknown(readTail(reach, signal))) ?? []
    return { status, workload: runs ? status : undefined, evidence, log, unheard: undefined }
  } catch (error) {
    signal.throwIfAborted()
    if (failureClass(error) === 'internal') throw error
    const reason = error instanceof Error ? error.message : String(error)
    const workload = runs ? ({ phase: 'silent', reason } as const) : undefined
    return { status: undefined, workload, evidence: undefined, log: [], unheard: reason }
  }
}

/** A provider that tells one thing may refuse another, or have thrown it away. */
async function orUnknown<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked
  } catch (error) {
    const failure = failureClass(error)
    if (failure === 'internal' || failure === 'cancelled') throw error
  }
}

async function readTail({ ask, record, agentKey }: OwnReach, signal: AbortSignal): Promise<LogLine[]> {
  const { leaseId } = record
  const open = (sealed: Uint8Array) => unseal({ privateKey: agentKey, context: `logs:${leaseId}`, sealed })
  return ask(async (provider, node) => {
    const lines: LogLine[] = []
    const request = { lease: leaseId, follow: false, tail: LOG_LINES, unseal: open }
    for await (const line of readLogs(node, provider, request, signal)) lines.push(line)
    return lines.slice(-LOG_LINES)
  })
}

function moneyOf(lease: Lease | undefined) {
  if (!lease) return undefined
  const { secondsPaid, settledUntil, held, end, stop, closedAt, byTime } = lease
  return { secondsPaid, settledUntil, held, end, stop, closedAt, byTime }
}

function updateOf({ pending, revision = 0 }: TenantLease, status: LeaseStatus | undefined) {
  const update = status?.update
  if (update) return { revision: update.revision, state: update.state, reason: update.reason }
  if (pending) return { revision: pending.revision, state: 'cut off' as const, reason: undefined }
  return revision === 0 ? undefined : { revision, state: 'done' as const, reason: undefined }
}

type Shown = LeaseView & {
  order: string
  terms: Terms
  where: TenantLease['provider']
  money: ReturnType<typeof moneyOf>
  revision: number
  update: ReturnType<typeof updateOf>
  waitingFor: string | undefined
  prolonging: TenantLease['prolonging']
  evidence: CheckedEvidence | undefined
  log: readonly LogLine[]
  unheard: string | undefined
  next: readonly string[]
}

function show(shown: Shown, out: Out): void {
  const { leaseId, name, log, unheard, next } = shown
  const colour = shown.status === 'running' ? 'green' : shown.status === 'ended' ? 'dim' : 'yellow'
  out.line(`${out.paint('bold', name)} (lease ${leaseId})`)
  const rows: (readonly [string, string | undefined])[] = [
    ['state', out.paint(colour, statusText(shown))],
    ['url', shown.url && out.paint('cyan', shown.url)],
    ['end', endLine(shown, out)],
    ['agreed', agreed(shown.terms, shown.asset)],
    ['money', money(shown)],
    ['provider', `${shown.provider}, last at ${shown.where.addresses[0] ?? 'an unknown place'}`],
    ['order', shown.order],
    ['version', version(shown)],
    ['extends', prolongs(shown)],
    ['unheard', unheard && `its provider says nothing: ${unheard}`],
    ...evidenceRows(shown.evidence, out),
  ]
  for (const [label, words] of rows) if (words !== undefined) out.line(`  ${label.padEnd(10)}${words}`)
  if (log.length > 0) out.line('  last lines of its log:')
  for (const { service, text } of log) out.line(`    ${out.paint('dim', service)} | ${text}`)
  if (next.length > 0) out.line('  what you can do:')
  for (const step of next) out.line(`    ${step}`)
}

function endLine({ start, stop, remainingSeconds }: Shown, out: Out): string {
  const now = remainingSeconds > 0 ? stop - remainingSeconds : Math.max(stop, nowSeconds())
  return `${paintedEnd(out, stop, now)}; began ${clockTime(start)}`
}

function agreed(terms: Terms, asset: MarketAsset): string {
  const { units, resource, rate, tier, minSeconds, noticeSeconds, latestEnd, uptimeBps } = terms
  const words = [
    `${units} ${resourceName(resource)} for ${formatPrice(rate, asset)} in all, ${nameOf(tiers, tier) ?? `tier ${tier}`}`,
    uptimeBps === 0 ? 'paid by time' : `paid for an uptime of ${uptimeBps / 100}%`,
    minSeconds === 0 ? 'no minimum charge' : `at least ${formatDuration(minSeconds)} are charged`,
    ...(noticeSeconds === 0 ? [] : [`may be interrupted with ${formatDuration(noticeSeconds)} notice`]),
    `can be prolonged until ${clockTime(latestEnd)}`,
  ]
  return words.join('; ')
}

function money({ cost, held, asset, rate, remainingSeconds, money: facts }: Shown): string {
  const perDay = formatAmount(owed(rate, DAY_SECONDS), asset)
  const spent = remainingSeconds > 0 ? `until now, ${perDay} a day` : 'in all'
  const paid = facts ? `; paid for ${formatDuration(facts.secondsPaid)}` : ''
  return `cost ${formatAmount(cost, asset)} ${spent}${paid}; ${formatAmount(held, asset)} still held`
}

function version({ revision, update, waitingFor }: Shown): string {
  const waiting = waitingFor === undefined ? '' : `; waiting for ${waitingFor}`
  const state = update && (update.state !== 'done' || update.revision !== revision)
  if (!state) return `${revision === 0 ? 'as ordered' : String(revision)}${waiting}`
  const why = update.reason === undefined ? '' : `: ${update.reason}`
  return `${revision === 0 ? 'as ordered' : revision}; update ${update.revision} ${update.state}${why}${waiting}`
}

function prolongs({ prolonging, asset, remainingSeconds }: Shown): string | undefined {
  if (!prolonging || remainingSeconds <= 0) return undefined
  const { runwaySeconds, until, most, stoppedAt } = prolonging
  if (stoppedAt !== undefined)
    return `no more, since ${clockTime(stoppedAt)}; what was signed stays good until ${clockTime(until)}`
  return `itself whenever less than ${formatDuration(runwaySeconds)} remain, until ${clockTime(until)}, ${formatAmount(most, asset)} in all at most`
}

function evidenceRows(checked: CheckedEvidence | undefined, out: Out): (readonly [string, string | undefined])[] {
  if (!checked) return []
  const { evidence, verdict } = checked
  const words = verdict === 'differs' ? out.paint('red', verdictWords[verdict]) : verdictWords[verdict]
  return [
    ['evidence', `${evidence.reason} (${clockTime(evidence.endedAt)})`],
    ['', evidence.exit && `the workload ${evidence.exit}`],
    ['', evidence.lastStatus && `last seen ${evidence.lastStatus}`],
    ['', words],
  ]
}
