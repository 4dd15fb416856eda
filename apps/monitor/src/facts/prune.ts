import { type Address, isAddressEqual } from 'viem'
import { type EventBook, type LeaseHistory, lastChange } from './eventBook.ts'
import { stopAt } from './factsAt.ts'

/** What no report to come is about. */
export type Past = {
  /** No later report's window begins before it: the last effective one's `coveredUntil`, and its block. */
  from: number
  fromBlock: number
  /** No block up to this one is taken back. */
  settledBlock: number
  reports: Address
  tailSeconds: number
}

/** Forgets leases that no report can depend on any more, so that the book does not grow with time. */
export function prune(book: EventBook, past: Past): void {
  for (const lease of [...book.leases()]) if (isPast(lease, past)) book.forget(lease.lease)
}

function isPast(lease: LeaseHistory, { from, fromBlock, settledBlock, reports, tailSeconds }: Past): boolean {
  const known = Math.min(fromBlock, settledBlock)
  if (lease.released === undefined || lastChange(lease) > known) return false
  // Of others only their units count, and these came back.
  if (!isAddressEqual(lease.terms.verifier, reports)) return true
  return lease.resolved !== undefined && stopAt(lease, known).stop <= from - tailSeconds
}
