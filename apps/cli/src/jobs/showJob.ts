import type { TaskLog } from '@tender/network'
import { formatAmount, formatPrice } from '@tender/protocol'
import type { Job, JobStateName, MarketAsset } from '@tender/sdk'
import { exactTime, reasonText, shortId, type TenantLease } from '@tender/tenant'
import type { JobEventOf, JobOrderEvent, JobOutcome } from '@tender/tenant/jobs'
import type { Hex } from 'viem'
import type { Out } from '../cli/out.ts'

const BAR_CELLS = 12
const LOG_LINES = 5

type Bar = { done: number; tasks: number; failed: number }

/** What a job's state means, for people. */
export const stateWords: Readonly<Record<JobStateName, string>> = {
  opened: 'its provider fetches what it needs',
  begun: 'its tasks run',
  submitted: 'the result is submitted; validators are drawn from a block to come',
  drawn: 'validators run some tasks again',
  recalled: 'the validators came to no verdict in time: others are drawn',
  redrawn: 'other validators run some tasks again',
  ended: 'ended',
}

/** Shows an order's way to its leases. */
export function showOrder(progress: Out): (event: JobOrderEvent) => void {
  return (event) => {
    for (const line of orderLines(event)) progress.line(line)
    progress.status(orderStatus[event.type])
  }
}

/**
 * Shows a job's way as it happens: what happened in lines that stay, a bar for each lease in the last one.
 *
 * @param tasksOf how many tasks a lease has
 */
export function showJob(
  progress: Out,
  assets: Assets,
  tasksOf: (lease: TenantLease) => number,
): (event: JobEventOf) => void {
  const bars = new Map<string, Bar>()
  return (event) => {
    const { lease } = event
    const bar = bars.get(lease.leaseId) ?? { done: 0, tasks: tasksOf(lease), failed: 0 }
    const next = nextBar(bar, event)
    bars.set(lease.leaseId, next)
    for (const line of linesOf(event, next, assets)) progress.line(`${titleOf(lease)}: ${line}`)
    progress.status(barsText([...bars.values()]))
  }
}

const orderStatus: Readonly<Record<JobOrderEvent['type'], string>> = {
  ordered: 'taking bids',
  answer: 'taking bids',
  chosen: 'opening the leases',
  matched: 'looking for the providers',
}

function nextBar(bar: Bar, event: JobEventOf): Bar {
  if (event.type === 'result' || (event.type === 'state' && isDelivered(event.job.state))) {
    return { ...bar, done: bar.tasks }
  }
  if (event.type !== 'status') return bar
  const { done, failed } = event.status
  return { ...bar, done, failed }
}

const isDelivered = (state: JobStateName) =>
  state === 'submitted' || state === 'drawn' || state === 'recalled' || state === 'redrawn'

function linesOf(event: JobEventOf, bar: Bar, { asset, stakeToken }: Assets): string[] {
  switch (event.type) {
    case 'state':
      return stateLines(event.lease, event.job)
    case 'failedTask': {
      const [title, ...lines] = failureLines({ ...event.record, log: event.log })
      return [`${title}; the others go on`, ...lines]
    }
    case 'result':
      if (event.faults.length === 0) return [`the whole result is here, and is what was submitted (${bar.tasks} tasks)`]
      return ['the result is not what an honest provider submits:', ...event.faults.map((fault) => `  ${fault}`)]
    case 'trouble':
      return [event.words]
    case 'ended':
      return [outcomeText(event.outcome, { asset, stakeToken })]
    default:
      return []
  }
}

/** How a task failed, and what it wrote last, as its provider kept it. */
export function failureLines({ task, exit, log }: { task: number; exit: number; log: TaskLog | undefined }): string[] {
  const lines = (log?.lines ?? []).slice(-LOG_LINES).map(({ text }) => `  ${text}`)
  return [`task ${task} failed: ${log?.end ?? `exit code ${exit}`}`, ...lines]
}

/** What a job's money is counted in. */
export type Assets = { asset: MarketAsset; stakeToken: MarketAsset }

/** How a job ended, and where its money went, in one sentence. */
export function outcomeText(outcome: JobOutcome, { asset, stakeToken }: Assets): string {
  const { reason, paid, refunded, verifying, penalty, passed } = outcome
  const verdict = passed === undefined ? reason : passed ? 'the validators passed it' : 'the validators found it wrong'
  const money = [
    `${formatAmount(paid, asset)} paid`,
    ...(verifying > 0n ? [`${formatAmount(verifying, asset)} to the validators`] : []),
    ...(refunded > 0n ? [`${formatAmount(refunded, asset)} back`] : []),
    ...(penalty > 0n ? [`${formatAmount(penalty, stakeToken)} of the provider's stake to you`] : []),
  ]
  return `${verdict}: ${money.join(', ')}`
}

/** What a new state means, until when it lasts, and what its tenant may do about it meanwhile. */
export function stateLines(
  { leaseId, terms }: { leaseId: Hex; terms: Pick<TenantLease['terms'], 'index'> },
  { state, challengeUntil, challenged, verdictUntil, timestamp }: Job,
): string[] {
  if (state === 'ended') return []
  const until = verdictUntil === undefined ? '' : `, until ${exactTime(verdictUntil)} at the latest`
  const lines = [`${stateWords[state]}${until}`]
  if (challengeUntil !== undefined && challengeUntil > timestamp && !challenged) {
    // A lease's place in its order is its first task too.
    const command = `tender job challenge ${shortId(leaseId)} --tasks ${terms.index}`
    lines.push(`  until ${exactTime(challengeUntil)} you may name others, for a bond: \`${command}\``)
  }
  return lines
}

function orderLines(event: JobOrderEvent): string[] {
  switch (event.type) {
    case 'ordered':
      return [`order ${shortId(event.record.id)}: signed`]
    case 'answer': {
      const { provider, answer } = event.received
      if (answer.type === 'bid') return [`  provider ${provider} bids ${formatPrice(answer.offer.price, event.asset)}`]
      return [
        `  provider ${provider} declines: ${answer.reasons.map((why) => reasonText(why, event.asset)).join('; ')}`,
      ]
    }
    case 'chosen':
      return []
    case 'matched':
      return event.leases.map((lease) => `  ${titleOf(lease)} opened at ${formatPrice(lease.terms.rate, event.asset)}`)
  }
}

/** A lease of a job as it is called. */
export function titleOf({ terms, leaseId }: Pick<TenantLease, 'terms' | 'leaseId'>): string {
  return `part ${terms.index + 1} (lease ${shortId(leaseId)}, provider ${terms.provider})`
}

/** All leases' bars in one line. */
export function barsText(bars: readonly Bar[]): string {
  return bars
    .map(({ done, tasks, failed }, index) => {
      const full = tasks === 0 ? 0 : Math.floor((done * BAR_CELLS) / tasks)
      const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)}`
      return `${index + 1} ${bar} ${done}/${tasks}${failed > 0 ? `, ${failed} failed` : ''}`
    })
    .join('   ')
}
