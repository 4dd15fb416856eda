import type { Driver } from '@tender/driver'
import { levelOf, owed, resourceName } from '@tender/protocol'
import type { Hex } from 'viem'
import { type DriverStatus, driverStatuses } from './hostStatus.ts'
import type { JobLine } from './jobs/tellJob.ts'
import type { Earnings } from './leases/earnings.ts'
import type { LeaseBook } from './leases/leaseBook.ts'
import type { LeasePhase, LeaseRecord, Reported } from './leases/leaseRecord.ts'
import type { Answers } from './market/answers.ts'
import type { Capacity, Sales } from './market/sale.ts'
import type { Standing } from './reports/standing.ts'

/** How a provider is doing. Plain JSON: amounts and ids as decimal strings, times unix seconds. */
export type ProviderStatus = {
  provider: string
  operator: string
  addresses: string[]
  ingressPort: number
  /** Addresses through relays, where it listens nowhere public. */
  relays: string[]
  drivers: DriverStatus[]
  capacity: { resource: string; committedUnits: number; leasedUnits: number; until: number }[]
  leases: {
    leaseId: Hex
    phase: LeasePhase
    tenant: string
    resource: string
    units: number
    /** The token it is paid in. */
    asset: string
    /** Smallest units per hour. */
    rate: string
    start: number
    stop: number
    /** Smallest units settled so far, before fees. */
    earned: string
    /** Seconds that it was paid for. */
    paidSeconds: number
    /** Its monitors say how long it served: that is paid, whatever its provider says. Else it is settled by time. */
    monitored: boolean
    /** What the newest report that tells of it says. */
    reported?: ReportedStatus | undefined
    url?: string | undefined
    reason?: string | undefined
    /** Of the manifest that runs: 0 as ordered, then its updates. */
    revision: number
    /** What its provider should know: an end that is near, an update that failed, what does not work and is tried again. */
    warnings: string[]
  }[]
  /** Leases that pay for a result. */
  jobs: readonly JobLine[]
  /** What the monitors' newest report says of this provider; absent: none did yet. */
  standing?: StandingStatus | undefined
  /** By day (UTC) and asset, the newest first: smallest units settled, before fees. */
  earnings: { day: string; asset: string; amount: string }[]
  /** Why orders were declined, the most frequent first; over the answers that are still kept, about a day. */
  refusals: { rule: string; message: string; count: number }[]
  /** Answers to orders, the newest first. */
  answers: {
    order: Hex
    decision: 'bid' | 'declined'
    decidedAt: number
    price?: string | undefined
    reasons: string[]
  }[]
}

/** `credit`: what is owed to the tenant for service below what was promised, stake tokens' smallest units. */
type ReportedStatus = { era: string; coveredUntil: number; servedSeconds: number; credit: string }

/** Sums of all eras, stake tokens' smallest units. */
type StandingStatus = {
  era: string
  coveredUntil: number
  /** 0 to 10,000. */
  score: number
  /** 1 (best) to 5, that the score is worth. */
  level: number
  rewards: string
  slashed: string
}

const RECENT_ANSWERS = 20

/** Shorter than whoever asks waits for the whole answer. */
const PROBE_TIMEOUT_MS = 2_000

/** What fits a terminal, and a month to compare with the one before. */
const EARNING_DAYS = 62
const MOST_REFUSALS = 20

/** A lease's end is worth a word a day before it. */
const END_NEAR_SECONDS = 86_400

export type StatusSources = {
  provider: bigint
  operator: string
  addresses: string[]
  ingressPort: number
  leases: LeaseBook
  jobs: readonly JobLine[]
  answers: Answers
  drivers: readonly Driver[]
  sales: Sales
  capacity(resource: string): Promise<Capacity>
  earnings: Earnings
  urlOf(leaseId: Hex): string | undefined
  standing: Standing | undefined
  /** What does not work for a lease now. */
  troubles(leaseId: Hex): string[]
  nowSeconds(): number
}

export async function statusOf(sources: StatusSources): Promise<ProviderStatus> {
  const { provider, operator, addresses, ingressPort, leases, answers, sales, capacity, earnings } = sources
  return {
    provider: provider.toString(),
    operator,
    addresses,
    ingressPort,
    relays: addresses.filter((address) => address.includes('/p2p-circuit')),
    drivers: await driverStatuses(sources.drivers, AbortSignal.timeout(PROBE_TIMEOUT_MS)),
    capacity: await Promise.all(
      [...sales.keys()].map(async (resource) => ({ resource, ...(await capacity(resource)) })),
    ),
    leases: leases.live().map((record) => leaseOf(record, sources)),
    jobs: sources.jobs,
    ...(sources.standing && { standing: standingOf(sources.standing) }),
    earnings: earnings.recent(EARNING_DAYS).map(({ amount, ...rest }) => ({ ...rest, amount: amount.toString() })),
    refusals: refusalsOf(answers),
    answers: answers.recent(RECENT_ANSWERS).map(({ id, answer: { decision, decidedAt, bid, reasons } }) => ({
      order: id,
      decision,
      decidedAt,
      ...(bid && { price: bid.offer.price.toString() }),
      reasons: reasons.map(({ message, asked, possible }) =>
        asked === undefined
          ? message
          : `${message} (asked ${asked}${possible === undefined ? '' : `, possible ${possible}`})`,
      ),
    })),
  }
}

function leaseOf(record: LeaseRecord, sources: StatusSources): ProviderStatus['leases'][number] {
  const { leaseId, phase, terms, chain, manifest, revision = 0 } = record
  const reason = record.reason ?? record.endReason
  return {
    leaseId,
    phase,
    tenant: terms.tenant,
    resource: resourceName(terms.resource),
    units: terms.units,
    asset: terms.asset,
    rate: terms.rate.toString(),
    start: terms.start,
    stop: chain.stop,
    earned: owed(terms.rate, chain.secondsPaid).toString(),
    paidSeconds: chain.secondsPaid,
    monitored: terms.uptimeBps > 0 && !chain.byTime,
    ...(record.reported && { reported: reportedOf(record.reported) }),
    ...(manifest?.services.some(({ ports }) => ports.length > 0) && { url: sources.urlOf(leaseId) }),
    ...(reason && { reason }),
    revision,
    warnings: [...warningsOf(record, sources.nowSeconds()), ...sources.troubles(leaseId)],
  }
}

function reportedOf({ era, coveredUntil, served, credit }: Reported): ReportedStatus {
  return { era: era.toString(), coveredUntil, servedSeconds: served, credit: credit.toString() }
}

function standingOf({ era, coveredUntil, score, rewards, slashed }: Standing): StandingStatus {
  const sums = { rewards: rewards.toString(), slashed: slashed.toString() }
  return { era: era.toString(), coveredUntil, score, level: levelOf(score), ...sums }
}

function warningsOf({ chain, update, interrupt, extend }: LeaseRecord, nowSeconds: number): string[] {
  const leftSeconds = chain.stop - nowSeconds
  if (leftSeconds <= 0) return []
  const warnings: string[] = []
  if (interrupt) warnings.push(`is being interrupted: ${interrupt.because}`)
  if (leftSeconds <= END_NEAR_SECONDS && !interrupt) {
    const prolonged = extend && !chain.endsEarly ? ', unless it is prolonged as its tenant permits' : ''
    warnings.push(`ends in ${Math.ceil(leftSeconds / 60)} min${prolonged}`)
  }
  if (update?.state === 'failed') warnings.push(`update ${update.revision} failed: ${update.reason ?? 'no reason'}`)
  return warnings
}

function refusalsOf(answers: Answers): ProviderStatus['refusals'] {
  const counted = new Map<string, { rule: string; message: string; count: number }>()
  for (const { answer } of answers.recent(Number.POSITIVE_INFINITY)) {
    for (const { rule, message } of answer.decision === 'declined' ? answer.reasons : []) {
      const before = counted.get(rule) ?? { rule, message, count: 0 }
      counted.set(rule, { ...before, count: before.count + 1 })
    }
  }
  return [...counted.values()].sort((a, b) => b.count - a.count).slice(0, MOST_REFUSALS)
}
