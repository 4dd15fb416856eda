import { jobsAbi } from '@tender/abi'
import { leaseId } from '@tender/protocol'
import type { Hex } from 'viem'
import type { MarketClient } from '../createMarketClient.ts'
import { translated } from '../errors/translated.ts'
import { type JobStateName, jobStates } from '../internal/jobStates.ts'
import type { LeaseReference } from '../internal/leaseReference.ts'
import { getChainTime } from './getChainTime.ts'
import { getJobTiming } from './getJobTiming.ts'

export type GetJobParameters = { lease: LeaseReference }

/** A job as of the latest block. Times are Unix seconds; what must come before one must come at an earlier second. */
export type Job = {
  leaseId: Hex
  /** `opened` also for an id that is no job. */
  state: JobStateName
  /** When the state began; 0 before the submission. */
  since: number
  /** The result's root; once drawn, the seed that verdicts are signed for; zero before and after. */
  commitment: Hex
  challenged: boolean
  /** The block whose hash draws the validators, or drew them. */
  anchor: number
  /** New anchors since the submission or the recall, of at most 2. */
  reanchors: number
  /** Until when validators can be drawn. Only while they are to be. */
  drawUntil: number | undefined
  /** Until when the tenant may challenge, and a good verdict has to wait if it did not. Only of a first set. */
  challengeUntil: number | undefined
  /** Until when a verdict counts. Only while validators are drawn. */
  verdictUntil: number | undefined
  /** The chain's clock and height when this was read. */
  timestamp: number
  block: number
}
export type GetJobReturnType = Job

/**
 * How a job stands.
 *
 * @example
 * const { state, verdictUntil } = await getJob(market, { lease: leaseId })
 * // 'drawn', 1795262400
 */
export async function getJob(client: MarketClient, { lease }: GetJobParameters): Promise<GetJobReturnType> {
  const id = typeof lease === 'string' ? lease : leaseId(lease)
  const jobs = { address: client.book.contracts.jobs, abi: jobsAbi } as const
  const [job, timing, { timestamp, block }] = await translated(
    client,
    Promise.all([
      client.rpc.readContract({ ...jobs, functionName: 'jobOf', args: [id] }),
      getJobTiming(client),
      getChainTime(client),
    ]),
  )
  const { since, commitment, challenged, anchor, reanchors } = job
  const state = jobStates[job.state] ?? 'ended'
  const { challengeSeconds, drawSeconds, verdictSeconds } = timing
  const first = state === 'drawn' ? challengeSeconds : 0
  return {
    leaseId: id,
    state,
    since,
    commitment,
    challenged,
    anchor,
    reanchors,
    drawUntil: state === 'submitted' || state === 'recalled' ? since + drawSeconds : undefined,
    challengeUntil: state === 'drawn' ? since + challengeSeconds : undefined,
    verdictUntil: state === 'drawn' || state === 'redrawn' ? since + first + verdictSeconds : undefined,
    timestamp,
    block,
  }
}
