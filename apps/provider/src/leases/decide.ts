import type { LeasePhase } from './leaseRecord.ts'

/** What the chain says of a lease, as far as deciding needs it. Times are unix seconds. */
export type ChainView = {
  start: number
  /** When it ends, or ended. */
  stop: number
  /** Seconds before this are settled or forfeited. */
  settledUntil: number
  /** What the provider was paid for. */
  secondsPaid: number
  startWindowSeconds: number
  /** 0: no limit. */
  maxSilenceSeconds: number
  /** True if the provider itself settles it; a monitored lease is settled by anyone with a report. */
  byTime: boolean
  /** Nothing is held for it any more. */
  resolved: boolean
  /** Its units went back. */
  released: boolean
}

export type DecidePolicy = {
  /** How often a running lease is settled, if its `maxSilence` allows so long. */
  settleEverySeconds: number
  /** How long an ended lease's logs are kept. */
  keepEndedSeconds: number
}

/** The one thing to do next for a lease. Each is idempotent, so that a crash in the middle is answered by deciding again. */
export type Step =
  | { do: 'start' }
  | { do: 'stop' }
  /** It was stopped for an end that the chain took back. */
  | { do: 'resume' }
  | { do: 'settle' }
  | { do: 'release' }
  | { do: 'abandon'; because: 'noManifest' | 'cannotRun' }
  | { do: 'destroy' }
  | { do: 'wait'; untilSeconds: number }
  | { do: 'nothing' }

/** Phases in which something of the workload may be there. */
const mayRun: ReadonlySet<LeasePhase> = new Set(['accepted', 'running', 'completed', 'failed'])

/** Abandoning needs a transaction inside the start window, so it is decided when this part of the window is left. */
const ABANDON_MARGIN = 5

/**
 * Decides what to do next for one lease, from nothing but its record, the chain and the time. No I/O.
 *
 * The workload goes before the money: what is over stops first, and is then settled for good.
 */
export function decide(phase: LeasePhase, chain: ChainView, nowSeconds: number, policy: DecidePolicy): Step {
  return chain.stop <= nowSeconds
    ? decideOver(phase, chain, nowSeconds, policy)
    : decideRunning(phase, chain, nowSeconds, policy)
}

function decideOver(phase: LeasePhase, chain: ChainView, nowSeconds: number, policy: DecidePolicy): Step {
  if (mayRun.has(phase)) return { do: 'stop' }
  if (!chain.resolved && chain.byTime) return { do: 'settle' }
  if (!chain.released) return { do: 'release' }
  if (phase === 'destroyed') return { do: 'nothing' }
  const destroyAt = chain.stop + policy.keepEndedSeconds
  return nowSeconds >= destroyAt ? { do: 'destroy' } : { do: 'wait', untilSeconds: destroyAt }
}

function decideRunning(phase: LeasePhase, chain: ChainView, nowSeconds: number, policy: DecidePolicy): Step {
  if (phase === 'accepted') return { do: 'start' }
  if (phase === 'stopped') return { do: 'resume' }

  const windowEnd = chain.start + chain.startWindowSeconds
  if (phase === 'failed' && nowSeconds <= windowEnd) return { do: 'abandon', because: 'cannotRun' }
  if (phase === 'opened') {
    const giveUpAt = windowEnd - Math.ceil(chain.startWindowSeconds / ABANDON_MARGIN)
    if (nowSeconds < giveUpAt) return { do: 'wait', untilSeconds: Math.min(giveUpAt, chain.stop) }
    if (nowSeconds <= windowEnd) return { do: 'abandon', because: 'noManifest' }
  }
  if (!chain.byTime) return { do: 'wait', untilSeconds: chain.stop }

  const settleAt = chain.settledUntil + settleInterval(chain.maxSilenceSeconds, policy)
  return nowSeconds >= settleAt ? { do: 'settle' } : { do: 'wait', untilSeconds: Math.min(settleAt, chain.stop) }
}

/** Half of `maxSilence` leaves room for one settlement that fails. */
function settleInterval(maxSilenceSeconds: number, { settleEverySeconds }: DecidePolicy): number {
  if (maxSilenceSeconds === 0) return settleEverySeconds
  return Math.max(1, Math.min(settleEverySeconds, Math.floor(maxSilenceSeconds / 2)))
}
