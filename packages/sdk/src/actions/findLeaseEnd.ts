import { leaseEscrowAbi } from '@tender/abi'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { logPages } from '../internal/logPages.ts'

export type FindLeaseEndParameters = { leaseId: Hex }
export type FindLeaseEndReturnType =
  | {
      /** See `reasonText`. */
      reason: number
      /** When it stops, Unix seconds. */
      closedAt: number
      /** What came back to the tenant at once, smallest units. */
      refunded: bigint
      /** Hash of what is known off the chain about it; zero if whoever ended it gave none. */
      evidence: Hex
      /** Which ended it. */
      transaction: Hex
    }
  | undefined

/**
 * Why a lease was ended early, from the chain's logs; `undefined` if it was not.
 *
 * @example
 * const end = await findLeaseEnd(market, { leaseId })
 * // { reason: 1, closedAt: 1795238167, refunded: 19334n, evidence: '0x00…', transaction: '0x1f…' }
 */
export async function findLeaseEnd(
  client: MarketClient,
  { leaseId }: FindLeaseEndParameters,
): Promise<FindLeaseEndReturnType> {
  const ended = { address: client.book.contracts.leaseEscrow, abi: leaseEscrowAbi, eventName: 'LeaseEnded' } as const
  const pages = logPages(client, (range) =>
    client.rpc.getContractEvents({ ...ended, ...range, args: { lease: leaseId }, strict: true }),
  )
  for await (const [log] of pages) {
    if (!log) continue
    const { reason, closedAt, refunded, evidence } = log.args
    return { reason, closedAt, refunded, evidence, transaction: log.transactionHash }
  }
  return undefined
}
