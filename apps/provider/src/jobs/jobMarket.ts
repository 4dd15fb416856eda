import type { JobTerms, Terms } from '@tender/protocol'
import type { JobStateName } from '@tender/sdk'
import type { Address, Hex } from 'viem'

/** A block of the chain. */
export type ChainBlock = { block: number; blockHash: Hex }

/** What the chain says of a job. Times are unix seconds; what must come before one must come at an earlier second. */
export type JobView = {
  state: JobStateName
  /** When the state began; 0 before the submission. */
  since: number
  /** The block whose hash draws the validators. */
  anchor: number
  reanchors: number
  challenged: boolean
  /** The result's root; once drawn, the seed that verdicts are signed for. */
  commitment: Hex
  drawUntil?: number | undefined
  /** No monitor counts yet. Only while validators are to be drawn. */
  noMonitors?: boolean | undefined
  challengeUntil?: number | undefined
  verdictUntil?: number | undefined
  /** Where it was begun. */
  begun?: ChainBlock | undefined
  /** The chain's height when this was read. */
  block: number
}

/** Which job, and the terms that it was ordered with. */
export type JobReference = { terms: Terms; jobTerms: JobTerms }

/** What more than half of a job's validators signed. */
export type JointVerdict = { passed: boolean; signatures: readonly { validator: Address; signature: Hex }[] }

/** What a provider needs of the chain for its jobs. Who sends what somebody else sent before is refused, and looks again. */
export type JobMarket = {
  /**
   * The job as of now; `undefined` if the chain has no such lease (any more: it may have been rolled back).
   * @param known what was seen of it before, on the same chain: where it was begun is not looked for again
   */
  view(terms: Terms, known: JobView | undefined, signal: AbortSignal): Promise<JobView | undefined>
  /** A block so recent as can be relied upon, never before `begun`. */
  recentBlock(begun: ChainBlock, signal: AbortSignal): Promise<ChainBlock>
  begin(job: JobReference, signal: AbortSignal): Promise<void>
  /** Commits to what is done so far, see `progressRoot`. */
  progress(job: JobReference, root: Hex, signal: AbortSignal): Promise<void>
  submit(job: JobReference, result: { root: Hex; cid: string }, signal: AbortSignal): Promise<void>
  draw(job: JobReference, signal: AbortSignal): Promise<void>
  reanchor(job: JobReference, signal: AbortSignal): Promise<void>
  redraw(job: JobReference, signal: AbortSignal): Promise<void>
  resolve(job: JobReference, verdict: JointVerdict, signal: AbortSignal): Promise<void>
  split(job: JobReference, signal: AbortSignal): Promise<void>
  expire(job: JobReference, signal: AbortSignal): Promise<void>
}
