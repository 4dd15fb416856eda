import { leaseEscrowAbi } from '@tender/abi'
import type { Terms } from '@tender/protocol'
import { type Hex, type Log, parseEventLogs } from 'viem'

/** A lease as it was opened. */
export type OpenedLease = {
  leaseId: Hex
  terms: Terms
  /** Paid until, Unix seconds. */
  end: number
}

/** The leases that a transaction opened, by replica. */
export function openedLeases(logs: Log[]): OpenedLease[] {
  return parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseOpened' }).map(({ args }) => ({
    leaseId: args.lease,
    terms: args.terms,
    end: args.end,
  }))
}
