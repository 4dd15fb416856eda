import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { type JobEnd, jobEnd } from '../internal/jobEnd.ts'
import { findLeaseEnd } from './findLeaseEnd.ts'

export type FindJobEndParameters = { leaseId: Hex }
export type FindJobEndReturnType = JobEnd | undefined

/**
 * How a job ended and where its money went, from the transaction that ended it; `undefined` while it has not.
 *
 * @example
 * const end = await findJobEnd(market, { leaseId })
 * // { paid: 9901n, fee: 100n, refunded: 0n, given: [{ to: '0x70…', amount: 100n }, …], penalty: 0n, … }
 */
export async function findJobEnd(
  client: MarketClient,
  { leaseId }: FindJobEndParameters,
): Promise<FindJobEndReturnType> {
  const end = await findLeaseEnd(client, { leaseId })
  if (!end) return undefined
  return jobEnd(await translated(client, client.rpc.getTransactionReceipt({ hash: end.transaction })))
}
