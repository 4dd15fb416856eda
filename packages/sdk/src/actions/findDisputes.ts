import { eraReportsAbi } from '@tender/abi'
import { type Address, getAbiItem, type Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { allLogs } from '../internal/allLogs.ts'

export type FindDisputesParameters = {
  /** Only those about this lease. */
  lease?: Hex | undefined
}

/** A dispute as it was opened, and how it came out. */
export type Dispute = {
  dispute: bigint
  lease: Hex
  /** Whose figures are to be recounted. */
  era: bigint
  opener: Address
  /** Stake tokens, smallest units. */
  bond: bigint
  /** Hash of what the opener shows the monitors. */
  evidence: Hex
  /** Block it was opened in. */
  block: number
  /** Absent while it is open. */
  outcome:
    | {
        /** The recount changed the figures. False also if nobody recounted: then the bond came back. */
        upheld: boolean
        /** Of the bond, stake tokens. */
        returned: bigint
      }
    | undefined
}
export type FindDisputesReturnType = Dispute[]

const abi = eraReportsAbi
const events = [getAbiItem({ abi, name: 'DisputeOpened' }), getAbiItem({ abi, name: 'DisputeResolved' })] as const

/**
 * Disputes that were ever opened, the oldest first, from the chain's logs.
 *
 * @example
 * const open = (await findDisputes(market)).filter(({ outcome }) => !outcome)
 */
export async function findDisputes(
  client: MarketClient,
  { lease }: FindDisputesParameters = {},
): Promise<FindDisputesReturnType> {
  const logs = await allLogs(client, { address: client.book.contracts.eraReports, events })
  const disputes = new Map<bigint, Dispute>()
  for (const { eventName, args, blockNumber } of logs) {
    if (eventName === 'DisputeOpened') {
      disputes.set(args.dispute, { ...args, block: Number(blockNumber), outcome: undefined })
      continue
    }
    const { upheld, returned } = args
    const opened = disputes.get(args.dispute)
    if (opened) opened.outcome = { upheld, returned }
  }
  return [...disputes.values()].filter((dispute) => lease === undefined || dispute.lease === lease)
}
