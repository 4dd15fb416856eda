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
  return parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseSettled' }).map(({ args }) => ({
    leaseId: args.lease,
    secondsPaid: args.secondsPaid,
    paid: args.paid,
    fee: args.fee,
  }))
}

/** The leases that a transaction resolved: nothing is held for them any more. */
export function resolved(logs: Log[]): Hex[] {
  return parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseResolved' }).map(({ args }) => args.lease)
}
