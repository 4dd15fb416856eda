import type { Job } from '@tender/api'

/** How a job stands, and what comes next. */
export type NextStep = {
  /** How it stands, a few words. */
  state: string
  /** What that means, one sentence. */
  means: string
  /** What is next, until when at the latest (unix seconds), and what becomes of it if that does not come. */
  next: { what: string; until: number; else: string } | undefined
}

type Facts = Pick<
  Job,
  'state' | 'terms' | 'startUntil' | 'drawUntil' | 'challengeUntil' | 'verdictUntil' | 'challenge' | 'verdict' | 'ended'
>

/**
 * Says how a job stands by the contract's own rules: each state has an end, and a default if it passes.
 *
 * @param now the chain's time, unix seconds
 */
export function nextStep(job: Facts, now: number): NextStep {
  const { terms, startUntil, drawUntil, challengeUntil, verdictUntil, ended } = job
  const next = (what: string, until: number | null | undefined, otherwise: string) =>
    typeof until === 'number' ? { what, until, else: otherwise } : undefined
  switch (job.state) {
    case 'opened':
      return {
        state: 'Waits',
        means: 'Its provider fetches the files that its tasks need. Nothing is paid yet.',
        next: next('it begins', startUntil, 'all of the price comes back'),
      }
    case 'begun':
      return {
        state: 'Runs',
        means: 'Its provider has all that it needs, and runs the tasks.',
        next: next(
          'the result is delivered',
          terms?.deadline,
          'all of the price comes back, and the provider’s stake is penalised',
        ),
      }
    case 'submitted':
      return {
        state: 'Delivered',
        means: 'The result is committed to. A block that did not exist then draws its validators.',
        next: next('validators are drawn', drawUntil, 'all of the price comes back'),
      }
    case 'drawn':
      return { state: 'Being verified', means: 'Validators drawn by lot run some of its tasks again.', next: drawn() }
    case 'recalled':
      return {
        state: 'Drawn anew',
        means: 'The validators came to no verdict in time: others are called for.',
        next: next('others are drawn', drawUntil, 'the price is split'),
      }
    case 'redrawn':
      return {
        state: 'Being verified again',
        means: 'Other validators run some of its tasks again.',
        next: next('their verdict', verdictUntil, 'the price is split'),
      }
    case 'ended':
      return { state: endState(), means: ended?.text ?? 'it is over', next: undefined }
  }

  function endState(): string {
    if (!job.verdict) return 'Ended'
    return job.verdict.passed ? 'Passed' : 'Found wrong'
  }

  function drawn(): NextStep['next'] {
    const mayChallenge = challengeUntil !== null && now < challengeUntil && job.challenge === null
    return mayChallenge
      ? next('a good verdict waits, so that the tenant may challenge', challengeUntil, 'the validators’ verdict counts')
      : next('their verdict', verdictUntil, 'a second set of validators is drawn')
  }
}

/** What the tenant can do with a job now. */
export type JobAction = 'accept' | 'challenge' | 'cancel'

/** What a job's state and the time leave to its tenant, by the contract's rules. */
export function actionsOf(job: Pick<Job, 'state' | 'challengeUntil' | 'challenge'>, now: number): JobAction[] {
  switch (job.state) {
    case 'opened':
    case 'begun':
      return ['cancel']
    case 'submitted':
    case 'recalled':
    case 'redrawn':
      return ['accept']
    case 'drawn':
      return job.challenge === null && now < (job.challengeUntil ?? 0) ? ['accept', 'challenge'] : ['accept']
    case 'ended':
      return []
  }
}

/** Its provider began and missed the deadline: it ends at the provider's cost, and without the cancel fee. */
export function isLate({ state, terms }: Pick<Job, 'state' | 'terms'>, now: number): boolean {
  return state === 'begun' && terms !== null && now >= terms.deadline
}

/** What cancelling a job costs: free before it began and once it is late, else its cancel fee, never more than the price. */
export function cancelCost({ state, terms, price }: Pick<Job, 'state' | 'terms' | 'price'>, now: number): bigint {
  if (state === 'opened' || !terms || isLate({ state, terms }, now)) return 0n
  return terms.cancelFee < price ? terms.cancelFee : price
}
