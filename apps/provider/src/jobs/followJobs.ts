import { jobTermsOf, reasonText, type Terms } from '@tender/protocol'
import type { MarketUpdate } from '@tender/sdk'
import type { Hex } from 'viem'
import type { Answer } from '../market/answers.ts'
import type { JobBook } from './jobBook.ts'

/** Brings what the chain says of this provider's jobs into their book. */
export type JobFollower = {
  open(terms: Terms, signal: AbortSignal): Promise<void>
  /** What concerns no job changes nothing. */
  take(update: MarketUpdate, signal: AbortSignal): Promise<void>
  /** Asks the chain about every job again. */
  refresh(signal: AbortSignal): Promise<void>
}

export type FollowJobsOptions = {
  jobs: JobBook
  /** What this provider knows of an order, since it answered it. */
  orderOf(order: Hex): Answer | undefined
  /** Told when something may have changed. */
  changed(): void
}

export function followJobs({ jobs, orderOf, changed }: FollowJobsOptions): JobFollower {
  async function refresh(signal: AbortSignal): Promise<void> {
    const running = jobs.live().filter(({ chain }) => chain.state !== 'ended')
    await Promise.all(running.map(({ leaseId }) => jobs.refresh(leaseId, signal)))
    changed()
  }
  return {
    refresh,
    async open(terms, signal) {
      const { order, brief, agentKey, addresses: agentAddresses } = orderOf(terms.order) ?? {}
      await jobs.open(terms, { order, jobTerms: brief && jobTermsOf(brief), agentKey, agentAddresses }, signal)
      changed()
    },
    async take(update, signal) {
      if (update.type === 'reorg') {
        jobs.rolledBack(update.fromBlock)
        const all = jobs.live().map(({ leaseId }) => leaseId)
        await Promise.all(all.map((leaseId) => jobs.refresh(leaseId, signal)))
        return changed()
      }
      // The state of a job, and whether its validators can be drawn, goes on with each block.
      if (update.type === 'synced') return refresh(signal)
      if (update.type !== 'LeaseEnded' && update.type !== 'LeaseSettled') return
      const { lease } = update.args
      if (!jobs.get(lease)) return
      await jobs.refresh(lease, signal)
      if (update.type === 'LeaseEnded') jobs.update(lease, { endReason: reasonText(update.args.reason) })
      // After the refresh: what was read before the end must not undo it.
      else jobs.update(lease, { paid: update.args.paid + update.args.fee })
      changed()
    },
  }
}
