import { leaseId } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { type JobLog, jobLogs } from '../internal/jobEvents.ts'
import type { LeaseReference } from '../internal/leaseReference.ts'

export type FindJobEventsParameters = { lease: LeaseReference }

type EventOf<L> = L extends { eventName: infer Name; args: infer Args } ? { type: Name; args: Args } : never

/**
 * One event of a job: `type` is its name, `args` its arguments by name. `JobBegun` has the job's terms, `JobSubmitted` the result's
 * CID as bytes (`hexToString` gives the text), `JobDrawn` the seed and the validators in the order they were drawn.
 */
export type JobEvent = EventOf<JobLog> & { block: number; blockHash: Hex; transaction: Hex; logIndex: number }
export type FindJobEventsReturnType = JobEvent[]

/**
 * What happened to a job, the oldest first, from the chain's logs. Empty before it was begun. How it ended, and who was paid, the
 * escrow says: see `findLeaseEnd`.
 *
 * @example
 * const events = await findJobEvents(market, { lease: leaseId })
 * const submitted = events.find(({ type }) => type === 'JobSubmitted')
 */
export async function findJobEvents(
  client: MarketClient,
  { lease }: FindJobEventsParameters,
): Promise<FindJobEventsReturnType> {
  const logs = await jobLogs(client, typeof lease === 'string' ? lease : leaseId(lease))
  return logs.map((log) => {
    const { eventName, args, blockNumber, blockHash, transactionHash: transaction, logIndex } = log
    const place = { block: Number(blockNumber), blockHash, transaction, logIndex }
    // CAST: name and arguments come from the same log; TypeScript does not carry a union's pairing through a spread
    return { type: eventName, args, ...place } as JobEvent
  })
}
