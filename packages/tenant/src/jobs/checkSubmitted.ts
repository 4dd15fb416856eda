import { checkResult, type JobResult, type JobTerms, type ResultFault, type Terms } from '@tender/protocol'
import { type MarketClient, readBlocks } from '@tender/sdk'
import { type Hex, hexToString } from 'viem'
import type { JobStory } from './jobOutcome.ts'

/** What was submitted for a job, as its events say. */
export type Submission = {
  root: Hex
  cid: string
  begunBlock: number
  submittedBlock: number
  progress: readonly Hex[]
}

/** Blocks that are asked for at a time. */
const BLOCKS_AT_ONCE = 100

/** What a job's events say of its submission; `undefined` while there is none. Pure. */
export function submissionOf(events: JobStory): Submission | undefined {
  const progress: Hex[] = []
  let begunBlock: number | undefined
  let submitted: Pick<Submission, 'root' | 'cid' | 'submittedBlock'> | undefined
  for (const { type, args, block } of events) {
    if (type === 'JobBegun') begunBlock = block
    else if (type === 'JobProgressed') progress.push(args.root)
    else if (type === 'JobSubmitted') {
      submitted = { root: args.resultRoot, cid: hexToString(args.cid), submittedBlock: block }
    }
  }
  return begunBlock !== undefined && submitted ? { ...submitted, begunBlock, progress } : undefined
}

/** Everything that is wrong with a result by its records and the chain; empty if nothing is. */
export async function checkSubmitted(
  market: MarketClient,
  result: JobResult,
  submission: Submission,
  job: { leaseId: Hex; terms: Terms; jobTerms: JobTerms; replicas: number; outputBytes: number },
): Promise<readonly ResultFault[]> {
  const { begunBlock, submittedBlock, root, progress } = submission
  const { leaseId: lease, terms, jobTerms, replicas, outputBytes } = job
  const named = [...new Set(result.records.map(({ block }) => block))]
  const blocks = named.filter((block) => block >= begunBlock && block <= submittedBlock)
  return checkResult(result, {
    lease,
    provider: terms.provider,
    terms: jobTerms,
    replicas,
    index: terms.index,
    outputBytes,
    root,
    begunBlock,
    submittedBlock,
    blockHashes: await hashesOf(market, blocks),
    progress,
  })
}

async function hashesOf(market: MarketClient, blocks: readonly number[]): Promise<Map<number, Hex>> {
  const hashes = new Map<number, Hex>()
  for (let at = 0; at < blocks.length; at += BLOCKS_AT_ONCE) {
    const read = await readBlocks(market, { blocks: blocks.slice(at, at + BLOCKS_AT_ONCE) })
    for (const block of read) if (block) hashes.set(block.block, block.hash)
  }
  return hashes
}
