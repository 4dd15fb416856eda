import type { PlacedEvent } from './eventBook.ts'

export type PostedReport = Extract<PlacedEvent, { type: 'posted' }>

/** Where reporting stands. */
export type NextReport = {
  /** Of the report that is posted next. */
  era: bigint
  /** Raised by vetoes. */
  attempt: number
  /** Its `from`: what earlier reports cover. */
  after: number
  /** Until then the one before is pending, and nothing can be posted. */
  pendingUntil: number
  /** The reports that count or are pending, the oldest first. */
  posted: readonly PostedReport[]
}

/** Where reporting stands after these events, as the contract has it. */
export function nextReport(events: readonly PlacedEvent[], genesis: number): NextReport {
  let attempt = 0
  const posted: PostedReport[] = []
  for (const event of events) {
    if (event.type === 'posted') {
      posted.push(event)
      attempt = 0
    } else if (event.type === 'vetoed') {
      posted.pop()
      attempt = event.attempt + 1
    }
  }
  const last = posted.at(-1)
  return {
    era: (last?.era ?? 0n) + 1n,
    attempt,
    after: last?.coveredUntil ?? genesis,
    pendingUntil: last?.effectiveAt ?? genesis,
    posted,
  }
}
