import { capacityRegistryAbi, leaseEscrowAbi } from '@tender/abi'
import { type Address, type Hex, type Log, parseEventLogs } from 'viem'
import { first } from './first.ts'

/** How a job ended. Amounts in the smallest unit of the lease's asset, but for the penalty. */
export type JobEnd = {
  transaction: Hex
  /** See `reasonText`. */
  reason: number
  /** Of the price, to the lease's payout balance, net of the fee. */
  paid: bigint
  /** To the market. */
  fee: bigint
  /** Of the price, back to the tenant. */
  refunded: bigint
  /** What went on of the verify fee and a challenge's bond: to validators, and back to the tenant. */
  given: { to: Address; amount: bigint }[]
  /** Taken from the provider's stake, stake tokens. */
  penalty: bigint
}

/** What a transaction that ended a job did with its money. */
export function jobEnd({ transactionHash, logs }: { transactionHash: Hex; logs: Log[] }): JobEnd {
  const { args: ended } = first(parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseEnded' }), 'LeaseEnded')
  const [settled] = parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'LeaseSettled' })
  const [penalised] = parseEventLogs({ abi: capacityRegistryAbi, logs, eventName: 'Penalised' })
  const given = parseEventLogs({ abi: leaseEscrowAbi, logs, eventName: 'Given' })
  return {
    transaction: transactionHash,
    reason: ended.reason,
    paid: settled?.args.paid ?? 0n,
    fee: settled?.args.fee ?? 0n,
    refunded: ended.refunded,
    given: given.map(({ args: { to, amount } }) => ({ to, amount })),
    penalty: penalised?.args.amount ?? 0n,
  }
}
