import type { JobTerms, Terms } from '@tender/protocol'
import type { Job } from '@tender/sdk'

/** What a tenant sends when others did not do their part in time: the contract's default for each state. */
export type DueStep = 'expire' | 'redraw' | 'split'

/**
 * The default that is due for a job; `undefined` while somebody still has time. Pure.
 *
 * @param working its provider says that it is still fetching what it needs: both sides want to wait then
 */
export function dueStep(
  { state, timestamp, drawUntil, verdictUntil }: Job,
  { terms, jobTerms, working }: { terms: Terms; jobTerms: JobTerms; working: boolean },
): DueStep | undefined {
  const deadline = terms.start + jobTerms.deadlineSeconds
  const passed = (moment: number | undefined) => moment !== undefined && timestamp >= moment
  switch (state) {
    case 'opened':
      return passed(working ? deadline : Math.min(deadline, terms.start + terms.startWindow)) ? 'expire' : undefined
    case 'begun':
      return passed(deadline) ? 'expire' : undefined
    case 'submitted':
      return passed(drawUntil) ? 'expire' : undefined
    case 'drawn':
      return passed(verdictUntil) ? 'redraw' : undefined
    case 'recalled':
      return passed(drawUntil) ? 'split' : undefined
    case 'redrawn':
      return passed(verdictUntil) ? 'split' : undefined
    case 'ended':
      return undefined
  }
}
