import { sendExtend } from '@tender/network'
import {
  deposit,
  type Extend,
  formatAmount,
  formatDuration,
  InsufficientFundsError,
  InvalidInputError,
  parseAmount,
  parseDuration,
  TenderError,
} from '@tender/protocol'
import { extendLease, getAsset, getBalance, type Lease, type MarketAsset, signExtend } from '@tender/sdk'
import { checkRuns, clockTime, endText, nowSeconds, type Reach, shortId } from '@tender/tenant'
import { confirm } from '../cli/prompts.ts'
import { type Context, defineCommand, optional, required, setting, text, toggle } from '../command.ts'
import { openAccountMarket } from '../openMarket.ts'
import { withLease } from '../tenant/withLease.ts'

/** What a provider takes at least, see `prolong`. */
const LEAST_RUNWAY_SECONDS = 60

/** How long a permission that stands for none is good. */
const STOPPED_SECONDS = 60

export const extendCommand = defineCommand({
  description:
    "Prolongs a lease at its own rate: by a time now, or, with --keep, by itself. For that you sign a permission with a ceiling and its provider gets it: whenever less than the time to keep remains, it extends the lease, until the time and the money that you said are reached. Nobody can take more, what is not used comes back when the lease is closed, and extending takes from the account's balance in escrow, so that has to suffice.",
  examples: [
    'tender extend 4fa1 2h',
    'tender extend 4fa1 --keep 2h --until 7d --most "5 USDC"',
    'tender extend 4fa1 --keep 6h --until 2026-12-24T18:00 --most "20 USDC"',
    'tender extend 4fa1 --stop',
  ],
  arguments: {
    lease: required('the beginning of a lease id'),
    time: optional('how much longer, e.g. 2h'),
  },
  options: {
    keep: setting('time', 'extend by itself whenever less than this remains', parseDuration),
    until: setting('time', 'with --keep: no further than this, from now or a date', readUntil),
    most: setting('amount', 'with --keep: the most that the whole lease may cost, what it cost so far included', text),
    stop: toggle('take the permission back, as far as that can be done'),
  },
  async run(context, { lease: prefix, time, keep, until, most, stop }) {
    const asked = [time !== undefined, keep !== undefined, stop].filter(Boolean).length
    if (asked !== 1) throw wrongUse('say how much longer, or --keep, or --stop')
    const { market } = await openAccountMarket(context)
    const work = async (reach: Reach) => {
      const lease = await runningLease(reach)
      const asset = await getAsset(market, { asset: lease.terms.asset })
      const facts: Facts = { context, reach: { ...reach, market }, lease, asset }
      if (time !== undefined) return extendNow(facts, parseDuration(time))
      if (stop) return stopExtending(facts)
      if (keep === undefined || until === undefined || most === undefined) {
        throw wrongUse('--keep needs --until and --most: without an end and a ceiling it is not given')
      }
      return extendByItself(facts, { runwaySeconds: keep, until, most: parseAmount(most, asset) })
    }
    // It tells the end itself, the new one.
    const ofJob = (id: string) =>
      `It has the deadline of its file, and is paid once for its result: \`tender job show ${id}\` says until when.`
    return withLease(context, prefix, work, { warns: false, ofJob })
  },
  print({ lines }, out) {
    for (const line of lines) out.line(line)
  },
})

type Facts = { context: Context; reach: Reach; lease: Lease; asset: MarketAsset }

/** @returns unix seconds */
function readUntil(written: string): number {
  if (!/^\d{4}-\d\d-\d\d/.test(written)) return nowSeconds() + parseDuration(written)
  const at = Date.parse(written)
  if (!Number.isNaN(at)) return Math.floor(at / 1000)
  throw new InvalidInputError(`"${written}" is not a time`, [], { hint: 'Write it like 7d or 2026-12-24T18:00.' })
}

function wrongUse(message: string): TenderError {
  return new TenderError(message, { code: 'usage', class: 'user', hint: 'See `tender extend --help`.' })
}

/** @throws {TenderError} `leaseOver`, `leaseEnding`, `unknownLease` */
async function runningLease({ record, lease }: Reach): Promise<Lease> {
  checkRuns({ record, lease })
  if (lease?.status === 'running') return lease
  throw new TenderError(`${record.name} (lease ${shortId(record.leaseId)}) cannot be prolonged: it is ended already`, {
    code: 'leaseEnding',
    class: 'conflict',
    hint: 'Order anew with `tender up`.',
  })
}

async function extendNow({ context, reach, lease, asset }: Facts, seconds: number) {
  const { terms, end, leaseId } = lease
  const newEnd = end + seconds
  if (newEnd > terms.latestEnd) throw beyondOffer(lease)
  const costs = costTo(lease, newEnd)
  await checkBalance(reach, lease, { costs, asset })
  await confirm(context, `Prolong it to ${clockTime(newEnd)} for ${formatAmount(costs, asset)} at most?`)
  context.progress.status('extending')
  const { amount, end: extended, transaction } = await extendLease(reach.market, { lease: terms, newEnd })
  const lines = [
    `${reach.record.name} ends ${endText(extended, nowSeconds())} now`,
    `  ${formatAmount(amount, asset)} more wait in escrow; what is not used comes back`,
  ]
  return { leaseId, end: extended, amount, transaction, asset, lines }
}

/** What prolonging takes from the balance. */
function costTo({ terms, end }: Lease, newEnd: number): bigint {
  return deposit(terms.rate, newEnd - terms.start) - deposit(terms.rate, end - terms.start)
}

function beyondOffer({ terms, end }: Lease): TenderError {
  const most = terms.latestEnd - end
  return new TenderError(`its provider's offer reaches until ${clockTime(terms.latestEnd)}`, {
    code: 'beyondOffer',
    class: 'user',
    hint:
      most > 0
        ? `Prolong it by ${formatDuration(most)} at most, or have it replaced: change its duration in the file and run \`tender up\`.`
        : 'Have it replaced: change its duration in the file and run `tender up`.',
    data: { latestEnd: terms.latestEnd, end },
  })
}

async function checkBalance(
  { market }: Reach,
  { terms }: Lease,
  { costs, asset }: { costs: bigint; asset: MarketAsset },
) {
  const { deposited } = await getBalance(market, { account: terms.tenant, asset: terms.asset })
  if (deposited >= costs) return
  const missing = formatAmount(costs - deposited, asset)
  throw new InsufficientFundsError(
    `this takes ${formatAmount(costs, asset)}, the balance is ${formatAmount(deposited, asset)}: ${missing} are missing`,
    { needed: costs, available: deposited, hint: `Deposit them with \`tender deposit "${missing}"\`.` },
  )
}

type Ceiling = { runwaySeconds: number; until: number; most: bigint }

async function extendByItself(facts: Facts, { runwaySeconds, until: asked, most }: Ceiling) {
  const { context, reach, lease, asset } = facts
  const { terms, leaseId, end } = lease
  if (runwaySeconds < LEAST_RUNWAY_SECONDS) throw wrongUse(`--keep takes ${LEAST_RUNWAY_SECONDS}s at least`)
  const until = Math.min(asked, terms.latestEnd)
  if (until <= end) {
    if (terms.latestEnd <= end) throw beyondOffer(lease)
    throw wrongUse(`--until is not after its end, ${clockTime(end)}`)
  }
  const least = deposit(terms.rate, end + 1 - terms.start)
  if (most < least)
    throw wrongUse(`--most is for the whole lease, which is paid to ${formatAmount(least, asset)} already`)

  const whole = deposit(terms.rate, until - terms.start)
  const lines = [
    `${reach.record.name}: its provider extends it whenever less than ${formatDuration(runwaySeconds)} remain`,
    `  until ${clockTime(until)}${until < asked ? ", where its provider's offer ends" : ''}`,
    `  the whole lease costs ${formatAmount(most < whole ? most : whole, asset)} at most`,
  ]
  for (const line of lines) context.progress.line(line)
  await confirm(context, 'Sign the permission, and give it to the provider?')
  const permission = { lease: leaseId, latestEnd: until, maxAmount: most, expiry: until }
  await give(facts, permission, { runwaySeconds, until, most })
  const { deposited } = await getBalance(reach.market, { account: terms.tenant, asset: terms.asset })
  const next = costTo(lease, Math.min(until, end + 2 * runwaySeconds))
  const low =
    deposited < next
      ? [
          `warning: the balance of ${formatAmount(deposited, asset)} is less than the next extension, ${formatAmount(next, asset)}: deposit more`,
        ]
      : []
  return {
    leaseId,
    end,
    runwaySeconds,
    until,
    most,
    balance: deposited,
    asset,
    lines: ['given to its provider', ...low],
  }
}

/** Recorded before it is given: whoever has it may use it. */
async function give(
  { reach, context }: Facts,
  permission: Extend,
  prolonging: NonNullable<Reach['record']['prolonging']>,
): Promise<void> {
  const { market, records, record } = reach
  const signed = await signExtend(market, { permission })
  const current = (await records.leases.get(record.leaseId)) ?? record
  await records.leases.put(record.leaseId, { ...current, prolonging })
  const request = { lease: record.leaseId, ...signed, runwaySeconds: prolonging.runwaySeconds }
  await reach.ask((provider, node) => sendExtend(node, provider, request, context.signal))
}

async function stopExtending(facts: Facts) {
  const { reach, lease, asset } = facts
  const { leaseId, terms, end } = lease
  const given = reach.record.prolonging
  if (!given || given.stoppedAt !== undefined) {
    throw new TenderError('no permission to extend this lease was given from this machine', {
      code: 'notProlonging',
      class: 'notFound',
    })
  }
  const now = Math.max(nowSeconds(), lease.timestamp)
  // The newest permission counts for a provider: this one ends in a minute and reaches a second.
  const nothing = {
    lease: leaseId,
    latestEnd: end + 1,
    maxAmount: deposit(terms.rate, end + 1 - terms.start),
    expiry: now + STOPPED_SECONDS,
  }
  const prolonging = { ...given, runwaySeconds: LEAST_RUNWAY_SECONDS, stoppedAt: now }
  await give(facts, nothing, prolonging)
  const lines = [
    `${reach.record.name} ends ${endText(end, now)}: its provider was told to extend it no more`,
    `  What you signed stays good until ${clockTime(given.until)}: a provider that kept it against your word could still extend to`,
    `  ${formatAmount(given.most, asset)} in all. What it takes so is held for the lease, and comes back when you close it.`,
    `  Sure is: \`tender close ${shortId(leaseId)}\`, after which nobody can extend it, or a balance that does not suffice.`,
  ]
  return { leaseId, end, stoppedAt: now, goodUntil: given.until, most: given.most, asset, lines }
}
