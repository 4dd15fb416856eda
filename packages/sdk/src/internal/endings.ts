import { leaseEscrowAbi } from '@tender/abi'
import { type Log, parseEventLogs } from 'viem'
import { first } from './first.ts'

/** How a transaction ended a lease. `refunded`: all that came back to the tenant, in the asset's smallest unit. */
export function ending(logs: Log[]): { closedAt: number; refunded: bigint } {
  const { args } = first(parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseEnded' }), 'LeaseEnded')
  // An ending that leaves nothing to be settled resolves the lease as well, and the rest comes back with that.
  const [resolved] = parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseResolved' })
  return { closedAt: args.closedAt, refunded: args.refunded + (resolved?.args.refunded ?? 0n) }
}
