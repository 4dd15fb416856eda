import type { JobView } from './jobMarket.ts'

/** What is decided from, for one job: nothing else may make a difference. Times are unix seconds. */
export type JobFacts = {
  chain: JobView
  start: number
  startWindowSeconds: number
  /** When it has to be submitted; `undefined` while its terms are not known. */
  deadline: number | undefined
  hasManifest: boolean
  /** How long the bundle may take after the start window. */
  bundleSeconds: number
  bundled: boolean
  failed: boolean
  /** Tasks of this lease, and those that are done. */
  tasks: number
  done: number
  /** Of the last progress on the chain, or, before the first, of when it was begun here. */
  progress: { tasks: number; at: number }
  /** Records name blocks that the chain took back. */
  rolledBack: boolean
  /** The result is made and served. */
  published: boolean
  endedAt: number | undefined
}

export type JobPolicy = {
  /** What is done is committed to on the chain after so many tasks, or so long after the last time. Each costs gas. */
  progressEveryTasks: number
  progressEverySeconds: number
  /** How long what an ended job left is kept and served. */
  keepSeconds: number
}

/** The next thing to do for a job. Each step is idempotent: a crash in the middle is answered by deciding again. */
export type JobStep =
  | { do: 'fetchBundle' }
  | { do: 'begin' }
  /** Tasks run; until then nothing else is due. */
  | { do: 'run'; untilSeconds: number }
  /** Records tasks anew whose blocks the chain took back. */
  | { do: 'recordAnew' }
  | { do: 'progress' }
  /** Makes the result's directory. */
  | { do: 'publish' }
  | { do: 'submit' }
  | { do: 'draw' }
  | { do: 'reanchor' }
  | { do: 'redraw' }
  /** Brings the validators' verdict to the chain, since none of them did. */
  | { do: 'resolve' }
  | { do: 'split' }
  | { do: 'expire' }
  /** Removes what is left of it here. */
  | { do: 'tidy' }
  | { do: 'wait'; untilSeconds: number }
  | { do: 'nothing' }

/** No task is begun, and no job, so shortly before the deadline: making the result and the transaction take their time. */
export const SUBMIT_MARGIN_SECONDS = 30

/** The chain knows the hashes of so many blocks. */
const KNOWN_BLOCKS = 256
const MOST_REANCHORS = 2

/** Validators, who are paid for it, bring their verdict to the chain; if they do not for so long, the provider does. */
const VERDICT_PATIENCE_SECONDS = 120

/** A tenant whose balance does not hold the verify fee, or a chain that does not answer, is waited for so long. */
const BEGIN_PATIENCE_SECONDS = 600

/** Who missed a deadline pays for it as soon as anybody says so; if nobody does for so long, units are worth more than the wait. */
const MISSED_PATIENCE_SECONDS = 86_400

const NEVER = Number.POSITIVE_INFINITY

/** Whether its tasks may run now. */
export function runsTasks({ chain, bundled, failed, tasks, done, deadline }: JobFacts, nowSeconds: number): boolean {
  const begun = chain.state === 'begun' && bundled && !failed && done < tasks
  return begun && deadline !== undefined && nowSeconds < deadline - SUBMIT_MARGIN_SECONDS
}

/** Decides what to do next for a job, from nothing but the facts, the time and the policy. No I/O. */
export function decideJob(job: JobFacts, nowSeconds: number, policy: JobPolicy): JobStep {
  switch (job.chain.state) {
    case 'opened':
      return decideOpened(job, nowSeconds)
    case 'begun':
      return decideBegun(job, nowSeconds, policy)
    case 'submitted':
    case 'recalled':
      return decideUndrawn(job.chain, nowSeconds)
    case 'drawn':
    case 'redrawn':
      return decideDrawn(job.chain, nowSeconds)
    case 'ended': {
      const tidyAt = (job.endedAt ?? nowSeconds) + policy.keepSeconds
      return nowSeconds >= tidyAt ? { do: 'tidy' } : { do: 'wait', untilSeconds: tidyAt }
    }
  }
}

/** Nothing is at stake yet: what cannot be done in time is given back, and its units are free. */
function decideOpened(job: JobFacts, nowSeconds: number): JobStep {
  const { start, startWindowSeconds, bundleSeconds, deadline, hasManifest, bundled, failed } = job
  // Without its terms nothing can be said to the chain.
  if (deadline === undefined) return { do: 'nothing' }
  const latestBegin = deadline - SUBMIT_MARGIN_SECONDS
  // Units that nobody pays for are not held for a tenant that went away.
  const patience = hasManifest ? bundleSeconds + (bundled ? BEGIN_PATIENCE_SECONDS : 0) : 0
  const giveUpAt = Math.min(latestBegin, start + startWindowSeconds + patience)
  if (failed || nowSeconds >= giveUpAt) return { do: 'expire' }
  if (!hasManifest) return { do: 'wait', untilSeconds: giveUpAt }
  return bundled ? { do: 'begin' } : { do: 'fetchBundle' }
}

function decideBegun(job: JobFacts, nowSeconds: number, policy: JobPolicy): JobStep {
  const { tasks, done, rolledBack, published, progress } = job
  const { deadline = NEVER } = job
  if (nowSeconds >= deadline) {
    const expireAt = deadline + MISSED_PATIENCE_SECONDS
    return nowSeconds >= expireAt ? { do: 'expire' } : { do: 'wait', untilSeconds: expireAt }
  }
  if (rolledBack) return { do: 'recordAnew' }
  if (done >= tasks) return published ? { do: 'submit' } : { do: 'publish' }
  if (!runsTasks(job, nowSeconds)) return { do: 'wait', untilSeconds: deadline }
  const progressAt = done > progress.tasks ? progress.at + policy.progressEverySeconds : NEVER
  const due = nowSeconds >= progressAt || done - progress.tasks >= policy.progressEveryTasks
  if (due) return { do: 'progress' }
  return { do: 'run', untilSeconds: Math.min(progressAt, deadline - SUBMIT_MARGIN_SECONDS) }
}

function decideUndrawn(job: JobView, nowSeconds: number): JobStep {
  const { state, since, anchor, block, reanchors, noMonitors = false, drawUntil = NEVER } = job
  if (nowSeconds >= drawUntil) return { do: state === 'recalled' ? 'split' : 'expire' }
  const missed = block >= anchor + KNOWN_BLOCKS
  if (missed && reanchors < MOST_REANCHORS) return { do: 'reanchor' }
  // Of a young market nobody would be drawn, and a second set be waited for until the first has had its time.
  const isEarly = noMonitors && nowSeconds < (since + drawUntil) / 2
  // Each new block is looked at.
  return block > anchor && !missed && !isEarly ? { do: 'draw' } : { do: 'wait', untilSeconds: drawUntil }
}

function decideDrawn(
  { state, since, challengeUntil = since, verdictUntil = NEVER }: JobView,
  nowSeconds: number,
): JobStep {
  if (nowSeconds >= verdictUntil) return { do: state === 'drawn' ? 'redraw' : 'split' }
  const resolveAt = challengeUntil + VERDICT_PATIENCE_SECONDS
  return nowSeconds >= resolveAt ? { do: 'resolve' } : { do: 'wait', untilSeconds: Math.min(resolveAt, verdictUntil) }
}
