import { jobsAbi } from '@tender/abi'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'

export type GetJobTimingReturnType = {
  /** After the first draw, for the tenant to look at the result. */
  challengeSeconds: number
  /** After a submission or a recall, for the draw. */
  drawSeconds: number
  /** For the validators. */
  verdictSeconds: number
}

/**
 * How long the states of a job last. Never changes.
 *
 * @example
 * const { challengeSeconds, drawSeconds, verdictSeconds } = await getJobTiming(market)
 */
export async function getJobTiming(client: MarketClient): Promise<GetJobTimingReturnType> {
  const jobs = { address: client.book.contracts.jobs, abi: jobsAbi } as const
  return translated(client, client.rpc.readContract({ ...jobs, functionName: 'timing' }))
}
