import { BASIS_POINTS, reasonCodes } from '../tables.ts'
import { priceInStake, toStake } from './credits.ts'
import { medianLow } from './median.ts'
import { confidenceOf, ERA_WEIGHT_BPS, nextScore } from './score.ts'
import type { EraLease, Performance, ProviderRecord, ScoreInputs } from './types.ts'

// What an era's service does to a provider's record. Pure functions of integers; divisions round down unless a line says
// otherwise. Formulas, reasons and examples: docs/reputation.md; published test vectors: vectors.json.

/** So many eras' uptime make the consistency. */
export const CONSISTENCY_ERAS = 16

/** What ratings count for before there is one: four stars of five. */
const UNRATED_BPS = 7_500

/** So much an era forgets of earlier ratings and endings; so what few leases say fades unless others say the same. */
const FADE_BPS = 1_250

/** What failed weighs an hour more than it served, so that leaving at once is not free. */
const FAILED_EXTRA_SECONDS = 3_600

/** A lease below its promise by so many basis points has no performance left: twenty times the shortfall is taken off. */
const SHORTFALL_FACTOR = 20

/** An era that lies this many times its distance from the usual away counts for nothing in the consistency. */
const DEVIATION_FACTOR = 4

/** Spread of response times that no user notices. */
const SPREAD_GRACE_MS = 50

/** How a lease stands at an era's end. Unstarted: it ended before it had to serve, and counts for nothing. */
export type LeaseEnding = 'running' | 'completed' | 'failed' | 'unstarted'

/** How a lease stands at `until`; what its tenant or a notice ended is completed, what was abandoned or vanished failed. */
export function endingOf(
  lease: Pick<EraLease, 'start' | 'stop' | 'startWindow' | 'endReason'>,
  until: number,
): LeaseEnding {
  if (lease.stop > until) return 'running'
  const { abandonedNoManifest, abandonedCannotRun, abandoned, endedByMonitors } = reasonCodes
  if (lease.endReason === abandonedNoManifest || lease.endReason === abandonedCannotRun) return 'unstarted'
  if (lease.endReason === endedByMonitors) return 'failed'
  if (lease.endReason !== abandoned) return 'completed'
  return lease.stop <= lease.start + lease.startWindow ? 'unstarted' : 'failed'
}

/** One lease of a provider in one era. */
export type LeaseOutcome = {
  /** Smallest units of the asset per hour. */
  rate: bigint
  /** Stake tokens' smallest units for 10^18 of the asset's; 0: the lease counts for nothing. */
  assetRate: bigint
  /** Seconds of the era in which it was to serve; of what failed until when it was to end. */
  dueSeconds: number
  /** From its start to now, or to its stop. */
  lifeSeconds: number
  /** `undefined`: not seen by enough monitors, and then it says nothing about uptime. */
  upBps: number | undefined
  promisedBps: number
  /** `undefined`: no good answer was measured. */
  latencyMs: number | undefined
  spreadMs: number | undefined
  ending: LeaseEnding
  /** What its provider earned by what it served so far, gross, smallest units of the asset. */
  paid: bigint
  /** Its tenant's opinion, 1 to 5, if it came in this era. */
  stars: number | undefined
}

/** What a provider's leases did in one era. */
export type ProviderEra = {
  leases: readonly LeaseOutcome[]
  /** Idle units that were given memory-hard tasks, and those that proved themselves, over all checks of the era. */
  asked: number
  proven: number
  /** The newest attestation that is valid. */
  auditBps: number | undefined
}

/** What is known of a provider from earlier eras. */
export type ProviderPast = Pick<ProviderRecord, 'score' | 'inputs' | 'performance' | 'recentUptimeBps'>

/** A provider of whom nothing is known yet. */
export const newProvider: ProviderPast = {
  score: 0,
  inputs: undefined,
  performance: {
    uptimeBps: undefined,
    consistencyBps: undefined,
    availabilityBps: undefined,
    complianceBps: undefined,
    auditBps: undefined,
  },
  recentUptimeBps: [],
}

/** What stands behind a provider's era: stake tokens' smallest units, and how long it was. */
export type ProviderBacking = {
  /** Fees that its leases paid in the era. */
  fees: bigint
  /** Stake behind its committed units. */
  stake: bigint
  /** Of the era. */
  seconds: number
}

/** A provider after an era: {@link nextPerformance}, {@link scoreInputs}, {@link nextRecent} and `nextScore` together. */
export function nextProvider(past: ProviderPast, era: ProviderEra, backing: ProviderBacking): ProviderPast {
  const performance = nextPerformance(past.performance, era)
  const inputs = scoreInputs(era, past, performance)
  return {
    score: nextScore({ previous: past.score, inputs, confidenceBps: confidenceOf(backing) }),
    inputs: inputs ?? past.inputs,
    performance,
    recentUptimeBps: nextRecent(past.recentUptimeBps, uptimeOf(era.leases)),
  }
}

/** Uptime of a provider's leases in an era, by the price of the time they were due; `undefined` if none was seen or failed. */
export function uptimeOf(leases: readonly LeaseOutcome[]): number | undefined {
  return meanByPrice(leases, relyBps)
}

/**
 * The five inputs of an era. `undefined`, and the score stays as it is, if no lease of the provider was seen, failed or was rated.
 *
 * @param performance after this era, see {@link nextPerformance}
 */
export function scoreInputs(era: ProviderEra, past: ProviderPast, performance: Performance): ScoreInputs | undefined {
  const seen = uptimeOf(era.leases)
  const tells = era.leases.some(({ ending, stars }) => ending === 'failed' || stars !== undefined)
  if (seen === undefined && !tells) return undefined
  const kept = meanByPrice(era.leases, keptBps) ?? past.inputs?.performanceBps ?? 0
  return {
    uptimeBps: seen ?? past.inputs?.uptimeBps ?? 0,
    performanceBps: Math.min(kept, performance.availabilityBps ?? BASIS_POINTS),
    completedBps: completedOf(era.leases, past.inputs?.completedBps ?? BASIS_POINTS),
    ratingBps: ratingOf(era.leases, past.inputs?.ratingBps ?? UNRATED_BPS),
    consistencyBps: consistencyOf(nextRecent(past.recentUptimeBps, seen)),
  }
}

/** The last eras' uptime with this era's; `undefined` adds nothing. */
export function nextRecent(recent: readonly number[], uptimeBps: number | undefined): readonly number[] {
  return uptimeBps === undefined ? recent : [...recent, uptimeBps].slice(-CONSISTENCY_ERAS)
}

/** The five dimensions after an era: each moves {@link ERA_WEIGHT_BPS} of the way; an audit counts as long as it is valid. */
export function nextPerformance(previous: Performance, era: ProviderEra): Performance {
  const availability = era.asked > 0 ? Math.floor((era.proven * BASIS_POINTS) / era.asked) : undefined
  return {
    uptimeBps: moved(previous.uptimeBps, uptimeOf(era.leases)),
    consistencyBps: moved(previous.consistencyBps, meanByPrice(era.leases, steadinessBps)),
    availabilityBps: moved(previous.availabilityBps, availability),
    complianceBps: moved(previous.complianceBps, meanByPrice(era.leases, complianceBps)),
    auditBps: era.auditBps,
  }
}

function moved(previous: number | undefined, now: number | undefined): number | undefined {
  if (previous === undefined || now === undefined) return now ?? previous
  return Math.floor((previous * (BASIS_POINTS - ERA_WEIGHT_BPS) + now * ERA_WEIGHT_BPS) / BASIS_POINTS)
}

/** What failed could not be relied upon, however long it served before: leaving costs more than being down. */
function relyBps({ upBps, ending }: LeaseOutcome): number | undefined {
  return ending === 'failed' ? 0 : upBps
}

/** How far a lease kept its promise. */
function keptBps({ upBps, promisedBps, ending }: LeaseOutcome): number | undefined {
  if (ending === 'failed') return 0
  if (upBps === undefined) return undefined
  return Math.max(0, BASIS_POINTS - SHORTFALL_FACTOR * Math.max(0, promisedBps - upBps))
}

/** Whether a lease kept its promise; what the monitors ended did not. */
function complianceBps({ upBps, promisedBps, ending }: LeaseOutcome): number | undefined {
  if (ending === 'failed') return 0
  return upBps === undefined ? undefined : upBps >= promisedBps ? BASIS_POINTS : 0
}

/** How near the slow answers are to the usual ones; of what failed the time says nothing about answers. */
function steadinessBps({ latencyMs, spreadMs, ending }: LeaseOutcome): number | undefined {
  if (ending === 'failed' || latencyMs === undefined || spreadMs === undefined) return undefined
  const usual = latencyMs + SPREAD_GRACE_MS
  return Math.floor((usual * BASIS_POINTS) / (usual + Math.max(0, spreadMs - SPREAD_GRACE_MS)))
}

/** Mean of what is known of leases, weighted by the price of the time they were due. */
function meanByPrice(
  leases: readonly LeaseOutcome[],
  valueBps: (lease: LeaseOutcome) => number | undefined,
): number | undefined {
  const votes = leases.flatMap((lease): Vote[] => {
    const bps = valueBps(lease)
    if (bps === undefined) return []
    const { rate, dueSeconds, assetRate } = lease
    return [{ bps, weight: priceInStake({ rate, seconds: dueSeconds, assetRate }) }]
  })
  return meanOf(votes)
}

/** Of what ended how much ended well, by what was paid for it or had to be; what runs stands for what was before, fading. */
function completedOf(leases: readonly LeaseOutcome[], previousBps: number): number {
  const faded = fade(previousBps, BASIS_POINTS)
  const votes = leases.flatMap(({ rate, assetRate, lifeSeconds, paid, ending }): Vote[] => {
    if (ending === 'unstarted') return []
    if (ending === 'failed') {
      return [{ bps: 0, weight: priceInStake({ rate, seconds: lifeSeconds + FAILED_EXTRA_SECONDS, assetRate }) }]
    }
    return [{ bps: ending === 'running' ? faded : BASIS_POINTS, weight: toStake(paid, assetRate) }]
  })
  return meanOf(votes) ?? faded
}

/** Stars by what was paid: one star is 0, five 10,000; who says nothing stands for what was before, on its way to four stars. */
function ratingOf(leases: readonly LeaseOutcome[], previousBps: number): number {
  const faded = fade(previousBps, UNRATED_BPS)
  const votes = leases.map(({ paid, assetRate, stars }) => ({
    bps: stars === undefined ? faded : Math.floor(((stars - 1) * BASIS_POINTS) / 4),
    weight: toStake(paid, assetRate),
  }))
  return meanOf(votes) ?? faded
}

function fade(previousBps: number, towardsBps: number): number {
  return Math.floor((previousBps * (BASIS_POINTS - FADE_BPS) + towardsBps * FADE_BPS) / BASIS_POINTS)
}

type Vote = { bps: number; weight: bigint }

function meanOf(votes: readonly Vote[]): number | undefined {
  let sum = 0n
  let weights = 0n
  for (const { bps, weight } of votes) {
    sum += weight * BigInt(bps)
    weights += weight
  }
  return weights === 0n ? undefined : Number(sum / weights)
}

/** The uptime to be relied upon: the usual one less four times the eras' distances from it. Eras not yet served count 0. */
function consistencyOf(recent: readonly number[]): number {
  const usual = medianLow(recent) ?? 0
  const sum = recent.reduce((all, bps) => all + Math.max(0, usual - DEVIATION_FACTOR * Math.abs(bps - usual)), 0)
  return Math.floor(sum / CONSISTENCY_ERAS)
}
