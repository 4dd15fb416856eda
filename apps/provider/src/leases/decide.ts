import type { LeasePhase } from './leaseRecord.ts'

/** What the chain says of a lease, as far as deciding needs it. Times are unix seconds. */
export type ChainView = {
  start: number
  /** When it ends, or ended. */
  stop: number
  /** Somebody ended it before its time; its stop may still be to come. It cannot be prolonged any more. */
  endsEarly: boolean
  /** Seconds before this are settled or forfeited. */
  settledUntil: number
  /** What the provider was paid for. */
  secondsPaid: number
  startWindowSeconds: number
  /** 0: no limit. */
  maxSilenceSeconds: number
  /** True if the provider itself settles it; a monitored lease is settled by anyone with a report, see {@link ReportedFacts}. */
  byTime: boolean
  /** Nothing is held for it any more. */
  resolved: boolean
  /** Its units went back. */
  released: boolean
}

/** What is decided from, for one lease: nothing else may make a difference. Times are unix seconds. */
export type LeaseFacts = {
  phase: LeasePhase
  chain: ChainView
  /** It ran and was well at least once. */
  ranWell: boolean
  /** A newer manifest waits, or is half put in place. */
  updates: boolean
  /** The lease whose volumes it takes over still runs. */
  waitsForVolumes: boolean
  /** Where its log goes at the end. `kept`: nobody's key to seal it with is known, so it stays where it is; `archived`: done. */
  log: 'none' | 'toArchive' | 'archived' | 'kept'
  /** Its volumes outlive it. */
  hasVolumes: boolean
  /** This provider wants it ended, with notice. */
  interrupts: boolean
  /** The tenant's permission to prolong it; absent if there is none that is still good for something. */
  extend?: ExtendFacts | undefined
  /** What the newest report that tells of it says; absent: none does, or nobody showed it yet. */
  reported?: ReportedFacts | undefined
  reporting: ReportingFacts
}

/** Of a monitored lease. `coveredUntil`: of that report, unix seconds. `served`: seconds since its start. */
export type ReportedFacts = { coveredUntil: number; served: number }

/** How reporting stands. `coveredUntil`: of the last effective report, unix seconds; 0: there is none. */
export type ReportingFacts = {
  coveredUntil: number
  /** Reports have failed to come for so long that leases may be settled by time. */
  fallbackOpen: boolean
}

/** When and how far a lease may be prolonged. `ceiling`: unix seconds, past which the permission or the terms do not reach. */
export type ExtendFacts = { runwaySeconds: number; ceiling: number }

export type DecidePolicy = {
  /** How often a running lease is settled, if its `maxSilence` allows so long. */
  settleEverySeconds: number
  /** How long an ended lease's log is kept. */
  keepEndedSeconds: number
  /** How long an ended lease's volumes are kept. */
  keepVolumesSeconds: number
}

/** The next thing to do for a lease's workload. Each step is idempotent: a crash in the middle is answered by deciding again. */
export type WorkloadStep =
  | { do: 'start' }
  | { do: 'update' }
  | { do: 'stop' }
  /** It was stopped for an end that the chain took back. */
  | { do: 'resume' }
  /** Seals and keeps its log. */
  | { do: 'archive' }
  /** Removes the workload; its volumes stay. */
  | { do: 'retire' }
  /** Removes what is left. */
  | { do: 'destroy' }
  | Rest

/** The next thing to do for a lease's money, while its workload goes its own way: a host in trouble must not cost what is earned. */
export type MoneyStep =
  | { do: 'settle' }
  /** With what a report says. */
  | { do: 'settleServed' }
  /** With what the last report says, and from then on by time: no reports come any more. */
  | { do: 'fallBack' }
  | { do: 'release' }
  | { do: 'abandon'; because: 'noManifest' | 'cannotRun' }
  | { do: 'interrupt' }
  | { do: 'extend'; newEnd: number }
  | Rest

type Rest = { do: 'wait'; untilSeconds: number } | { do: 'nothing' }

export type Step = WorkloadStep | MoneyStep

/** Phases in which something of the workload may run. */
const mayRun: ReadonlySet<LeasePhase> = new Set(['accepted', 'running', 'completed', 'failed'])

/** Abandoning needs a transaction inside the start window, so it is decided when this part of the window is left. */
const ABANDON_MARGIN = 5

/** Less is not worth a transaction: a tenant could have its provider pay for one with every second that it permits. */
const LEAST_EXTENSION_SECONDS = 60

/** An end that the chain takes back within this time finds everything still there. */
const SECOND_THOUGHTS_SECONDS = 60

/** Decides what to do next for a lease's workload, from nothing but the facts, the time and the policy. No I/O. */
export function decideWorkload(lease: LeaseFacts, nowSeconds: number, policy: DecidePolicy): WorkloadStep {
  const { phase, chain } = lease
  if (chain.stop <= nowSeconds) return decideEnded(lease, nowSeconds, policy)
  if (phase === 'accepted' && !lease.waitsForVolumes) return { do: 'start' }
  if (phase === 'stopped' || phase === 'retired') return { do: 'resume' }
  if (lease.updates && (phase === 'running' || phase === 'completed' || phase === 'failed')) return { do: 'update' }
  return { do: 'wait', untilSeconds: chain.stop }
}

function decideEnded(
  { phase, chain, log, hasVolumes }: LeaseFacts,
  nowSeconds: number,
  { keepEndedSeconds, keepVolumesSeconds }: DecidePolicy,
): WorkloadStep {
  if (mayRun.has(phase)) return { do: 'stop' }
  if (phase === 'destroyed') return { do: 'nothing' }
  const forgetAt = chain.stop + keepEndedSeconds
  if (phase === 'retired') {
    const dropAt = hasVolumes ? chain.stop + keepVolumesSeconds : chain.stop
    return nowSeconds >= dropAt ? { do: 'destroy' } : { do: 'wait', untilSeconds: dropAt }
  }
  const retireAt = log === 'kept' ? forgetAt : Math.min(forgetAt, chain.stop + SECOND_THOUGHTS_SECONDS)
  if (nowSeconds < retireAt) return { do: 'wait', untilSeconds: retireAt }
  return log === 'toArchive' && nowSeconds < forgetAt ? { do: 'archive' } : { do: 'retire' }
}

/** Decides what to do next for a lease's money, from nothing but the facts, the time and the policy. No I/O. */
export function decideMoney(lease: LeaseFacts, nowSeconds: number, policy: DecidePolicy): MoneyStep {
  const { phase, chain } = lease
  if (chain.stop <= nowSeconds) {
    if (!chain.resolved && chain.byTime) return { do: 'settle' }
    // Its units are sold again only once nothing runs on them. A report may come much later.
    if (!chain.released && !mayRun.has(phase)) return { do: 'release' }
    return decideReported(lease, policy) ?? { do: 'nothing' }
  }
  const leaving = decideLeaving(lease, nowSeconds)
  if (leaving) return leaving
  if (lease.interrupts && !chain.endsEarly) return { do: 'interrupt' }
  const extending = decideExtend(lease, nowSeconds, policy)
  if (extending.do !== 'wait') return extending
  const reported = decideReported(lease, policy)
  if (reported) return reported
  const settleAt = chain.byTime ? chain.settledUntil + settleInterval(chain.maxSilenceSeconds, policy) : chain.stop
  if (nowSeconds >= settleAt) return { do: 'settle' }
  return { do: 'wait', untilSeconds: Math.min(extending.untilSeconds, settleAt, chain.stop) }
}

/**
 * Leaving is free within the start window; afterwards the provider stays. Until something came up in it nothing is settled, so
 * that a tenant pays nothing for what never does.
 */
function decideLeaving(lease: LeaseFacts, nowSeconds: number): MoneyStep | undefined {
  const { phase, chain, ranWell, waitsForVolumes } = lease
  const windowEnd = chain.start + chain.startWindowSeconds
  if (nowSeconds > windowEnd) return undefined
  if (phase === 'failed') return { do: 'abandon', because: 'cannotRun' }

  const comesUp = (phase === 'accepted' || phase === 'running') && !ranWell && !waitsForVolumes
  if (phase !== 'opened' && !comesUp) return undefined
  const giveUpAt = windowEnd - Math.ceil(chain.startWindowSeconds / ABANDON_MARGIN)
  if (nowSeconds >= giveUpAt) return { do: 'abandon', because: phase === 'opened' ? 'noManifest' : 'cannotRun' }
  return { do: 'wait', untilSeconds: Math.min(giveUpAt, chain.stop) }
}

/**
 * What reports allow: the last settlement as soon as one covers the lease's stop, one in between when as much was served as is worth a
 * settlement by time. Where reports have failed for long, the way out of them, which needs the last one's word.
 */
function decideReported(
  { chain, reported, reporting }: LeaseFacts,
  { settleEverySeconds }: DecidePolicy,
): MoneyStep | undefined {
  if (chain.byTime || chain.resolved) return undefined
  if (reported) {
    const isFinal = reported.coveredUntil >= chain.stop
    if (isFinal || payableSeconds(chain, reported) >= settleEverySeconds) return { do: 'settleServed' }
  }
  const hasLastWord = reporting.coveredUntil <= chain.start || reported?.coveredUntil === reporting.coveredUntil
  return reporting.fallbackOpen && hasLastWord ? { do: 'fallBack' } : undefined
}

/** Seconds that a report's word would pay beyond what was paid, as the escrow counts. */
export function payableSeconds(
  { start, stop, secondsPaid }: Pick<ChainView, 'start' | 'stop' | 'secondsPaid'>,
  { coveredUntil, served }: ReportedFacts,
): number {
  return Math.min(served, Math.max(0, Math.min(coveredUntil, stop) - start)) - secondsPaid
}

type Waiting = { do: 'wait'; untilSeconds: number }

/** To twice the runway, so that each extension, which costs a transaction, lasts for one runway at least. */
function decideExtend({ chain, extend }: LeaseFacts, nowSeconds: number, { settleEverySeconds }: DecidePolicy) {
  const never: Waiting = { do: 'wait', untilSeconds: Number.POSITIVE_INFINITY }
  if (!extend || chain.endsEarly || extend.ceiling < chain.stop + LEAST_EXTENSION_SECONDS) return never
  const dueAt = chain.stop - extend.runwaySeconds
  if (nowSeconds < dueAt) return { do: 'wait', untilSeconds: dueAt } satisfies Waiting
  const chunkSeconds = Math.max(extend.runwaySeconds, settleEverySeconds)
  const usual = Math.max(nowSeconds + extend.runwaySeconds, chain.stop) + chunkSeconds
  const isLast = extend.ceiling < usual + LEAST_EXTENSION_SECONDS
  return { do: 'extend', newEnd: isLast ? extend.ceiling : usual } as const
}

/** Half of `maxSilence` leaves room for one settlement that fails. */
function settleInterval(maxSilenceSeconds: number, { settleEverySeconds }: DecidePolicy): number {
  if (maxSilenceSeconds === 0) return settleEverySeconds
  return Math.max(1, Math.min(settleEverySeconds, Math.floor(maxSilenceSeconds / 2)))
}
