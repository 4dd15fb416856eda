import type { Job } from '@tender/sdk'
import type { Finding } from './finding.ts'

/** All that decides what a validator does next about one job. Times are Unix seconds of the chain's clock. */
export type VerdictFacts = {
  job: Pick<Job, 'state' | 'since' | 'challenged' | 'drawUntil' | 'challengeUntil' | 'verdictUntil'>
  /** Among those who were drawn last; `undefined`: it is not one of them, and only was before. */
  place: number | undefined
  /** How many were drawn. */
  drawn: number
  /** What judging came to; `undefined`: nothing yet. */
  finding: Finding | undefined
  /** It is being judged right now. */
  judging: boolean
  /** This monitor does not reach the others: what it cannot fetch may be there all the same. */
  cutOff: boolean
  /** Its own verdict, once it is signed. */
  signed: boolean | undefined
  /** How many signed each verdict, this one included. */
  agreed: { passed: number; failed: number }
  /** Since when more than half agree; `undefined`: they do not. */
  agreedSince: number | undefined
  /** Whoever comes later in the draw waits so long for the one before. */
  turnSeconds: number
}

export type VerdictStep =
  /** Nothing for now. */
  | { do: 'rest' }
  /** Fetch, run again, compare. */
  | { do: 'judge' }
  | { do: 'sign'; passed: boolean }
  /** Ask the others for theirs. */
  | { do: 'collect' }
  /** The verdict goes to the chain. */
  | { do: 'resolve'; passed: boolean }
  /** A second set is called for, or drawn. */
  | { do: 'redraw' }
  | { do: 'draw' }

const rest = { do: 'rest' } as const

/** Once could be chance, and twice bad luck. */
const LEAST_TRIES = 3

/** What a validator does now. Pure. */
export function decideVerdict(facts: VerdictFacts, now: number): VerdictStep {
  const { job, signed } = facts
  const { state, since, drawUntil, verdictUntil } = job
  if (state === 'recalled') return now < (drawUntil ?? 0) && isTurn(facts, since, now) ? { do: 'draw' } : rest
  if (verdictUntil === undefined) return rest
  if (now >= verdictUntil) return state === 'drawn' && isTurn(facts, verdictUntil, now) ? { do: 'redraw' } : rest
  if (facts.place === undefined) return rest
  return signed === undefined ? beforeSigning(facts, verdictUntil, now) : afterSigning(facts, now)
}

function beforeSigning(facts: VerdictFacts, verdictUntil: number, now: number): VerdictStep {
  const { job, finding, judging, cutOff } = facts
  if (!finding) return { do: 'judge' }
  if (finding.kind === 'declined') return rest
  if (finding.kind === 'unserved') {
    // What is left is for the others to sign too. Whoever was away has to ask for a while itself.
    const seconds = verdictUntil - job.since
    const until = Math.max(job.since + (3 * seconds) / 4, finding.since + seconds / 8)
    const patient = now < until || finding.tries < LEAST_TRIES
    return patient || judging || cutOff ? { do: 'judge' } : { do: 'sign', passed: false }
  }
  return finding.passed && mayBeChallenged(job, now) ? rest : { do: 'sign', passed: finding.passed }
}

function afterSigning(facts: VerdictFacts, now: number): VerdictStep {
  const { drawn, agreed, agreedSince, job } = facts
  if (agreedSince === undefined) return { do: 'collect' }
  const passed = 2 * agreed.passed > drawn
  if (passed && mayBeChallenged(job, now)) return rest
  return isTurn(facts, agreedSince, now) ? { do: 'resolve', passed } : rest
}

/** The contract takes no good verdict before the tenant had its time. */
function mayBeChallenged({ challenged, challengeUntil }: VerdictFacts['job'], now: number): boolean {
  return !challenged && challengeUntil !== undefined && now < challengeUntil
}

/** The first that was drawn is on at once, each other one when those before it had their time. */
function isTurn({ place, drawn, turnSeconds }: VerdictFacts, from: number, now: number): boolean {
  return now >= from + (place ?? drawn) * turnSeconds
}
