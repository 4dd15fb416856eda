import type { Prolongation } from '@tender/network'
import { type Extend, SECONDS_PER_HOUR, TenderError } from '@tender/protocol'
import type { ExtendFacts } from './decide.ts'
import type { LeaseRecord } from './leaseRecord.ts'

/**
 * Refuses a tenant's permission to prolong its lease that is of no use; that the tenant signed it for this lease was checked.
 *
 * @throws {TenderError} `extendExpired`, `extendTooShort`, `alreadyEnding`
 */
export function checkExtend({ terms, chain }: LeaseRecord, { permission }: Prolongation, nowSeconds: number): void {
  if (permission.expiry <= nowSeconds) throw refused('extendExpired', 'the permission has expired')
  if (chain.endsEarly || chain.stop <= nowSeconds) throw refused('alreadyEnding', 'the lease ends already')
  const ceiling = ceilingOf(terms, permission)
  if (ceiling > chain.stop) return
  const data = { ceiling, end: chain.stop, latestEnd: terms.latestEnd }
  throw refused('extendTooShort', 'it does not reach past the end that the lease has already', data)
}

/** What is left of a kept permission, for deciding; `undefined` if nothing. Pure. */
export function extendFacts({ terms, extend }: LeaseRecord, nowSeconds: number): ExtendFacts | undefined {
  if (!extend || extend.permission.expiry <= nowSeconds) return undefined
  return { runwaySeconds: extend.runwaySeconds, ceiling: ceilingOf(terms, extend.permission) }
}

/** The latest end that the permission's money, its own limit and the terms allow. */
function ceilingOf({ rate, start, latestEnd }: LeaseRecord['terms'], permission: Extend): number {
  // The escrow rounds up what it takes for all the time since the start.
  const affordable = rate === 0n ? latestEnd : start + Number((permission.maxAmount * BigInt(SECONDS_PER_HOUR)) / rate)
  return Math.min(latestEnd, permission.latestEnd, affordable)
}

function refused(code: string, message: string, data?: Record<string, unknown>): TenderError {
  return new TenderError(message, { code, class: code === 'alreadyEnding' ? 'conflict' : 'user', data })
}
