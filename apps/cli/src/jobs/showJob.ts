import { formatAmount, formatPrice } from '@tender/protocol'
import type { JobStateName, MarketAsset } from '@tender/sdk'
import { reasonText, shortId, type TenantLease } from '@tender/tenant'
import type { JobEventOf, JobOrderEvent, JobOutcome } from '@tender/tenant/jobs'
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

/**
 * Shows a job's way as it happens: what happened in lines that stay, a bar for each lease in the last one.
 *
 * @param tasksOf how many tasks a lease has
 */
export function showJob(progress: Out, asset: MarketAsset, tasksOf: (lease: TenantLease) => number) {
  const bars = new Map<string, Bar>()
  const tell = (lease: TenantLease, words: string) => progress.line(`${titleOf(lease)}: ${words}`)
  const redraw = () => progress.status(barsText([...bars.values()]))
  return {
    onOrder(event: JobOrderEvent): void {
      for (const line of orderLines(event)) progress.line(line)
      progress.status(event.type === 'chosen' ? 'opening the leases' : 'taking bids')
    },
    onEvent(event: JobEventOf): void {
      const { lease } = event
      const bar = bars.get(lease.leaseId) ?? { done: 0, tasks: tasksOf(lease), failed: 0 }
      const next = nextBar(bar, event)
      bars.set(lease.leaseId, next)
      for (const line of linesOf(event, next, asset)) tell(lease, line)
      redraw()
    },
  }
}

function nextBar(bar: Bar, event: JobEventOf): Bar {
  if (event.type === 'result') return { ...bar, done: bar.tasks }
  if (event.type !== 'status') return bar
  const { done, failed } = event.status
  return { ...bar, done, failed }
}

function linesOf(event: JobEventOf, bar: Bar, asset: MarketAsset): string[] {
  switch (event.type) {
    case 'state':
      return event.job.state === 'ended' ? [] : [stateWords[event.job.state]]
    case 'failedTask': {
      const { record, log } = event
      const end = log?.end ?? `exit code ${record.exit}`
      const lines = (log?.lines ?? []).slice(-LOG_LINES).map(({ text }) => `  ${text}`)
      return [`task ${record.task} failed: ${end}; the others go on`, ...lines]
    }
    case 'result':
      if (event.faults.length === 0) return [`the whole result is here, and is what was submitted (${bar.tasks} tasks)`]
      return ['the result is not what an honest provider submits:', ...event.faults.map((fault) => `  ${fault}`)]
    case 'trouble':
      return [event.words]
    case 'ended':
      return [endText(event.outcome, asset)]
    default:
      return []
  }
}

/** How a job ended, in one sentence. */
export function endText({ reason, paid, refunded, passed }: JobOutcome, asset: MarketAsset): string {
  const verdict = passed === undefined ? reason : passed ? 'the validators passed it' : 'the validators found it wrong'
  return `${verdict}: ${formatAmount(paid, asset)} paid, ${formatAmount(refunded, asset)} back`
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
