import { leaseEscrowAbi } from '@tender/abi'
import { type Hex, type Log, parseEventLogs } from 'viem'

/** What a transaction settled of one lease. Amounts in the smallest unit of the lease's asset. */
export type Settlement = {
  leaseId: Hex
  /** Seconds that the provider was paid for, all in all. */
  secondsPaid: number
  /** To the lease's payout balance now, net of the fee. */
  paid: bigint
  fee: bigint
}

/** What a transaction paid, by lease. Leases with nothing to pay are not in it. */
export function settlements(logs: Log[]): Settlement[] {
  const paid = new Map<Hex, Settlement>()
  for (const { args } of parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseSettled' })) {
    // A lease that goes over to settlement by time is first paid by its last leaf, then by time.
    const before = paid.get(args.lease)
    paid.set(args.lease, {
      leaseId: args.lease,
      secondsPaid: args.secondsPaid,
      paid: args.paid + (before?.paid ?? 0n),
      fee: args.fee + (before?.fee ?? 0n),
    })
  }
  return [...paid.values()]
}

/** The leases that a transaction resolved: nothing is held for them any more. */
export function resolved(logs: Log[]): Hex[] {
  return parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseResolved' }).map(({ args }) => args.lease)
}
