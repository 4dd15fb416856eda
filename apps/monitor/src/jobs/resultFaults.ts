import { checkResult, faultText, type JobResult, tasksOfReplica } from '@tender/protocol'
import type { Hex } from 'viem'
import type { DrawnJob } from './drawnJob.ts'

/** Most faults that are told: one is enough. */
const MOST_TOLD = 100

/** What is wrong with a result by its records alone, in words; empty if nothing is. */
export async function resultFaults(
  result: JobResult,
  job: DrawnJob,
  {
    outputBytes,
    hashesOf,
  }: { outputBytes: number; hashesOf: (blocks: readonly number[]) => Promise<ReadonlyMap<number, Hex>> },
): Promise<string[]> {
  const { lease, terms, jobTerms, replicas, root, begunBlock, submittedBlock, progress } = job
  const own = tasksOfReplica(jobTerms.tasks, replicas, terms.index).length
  // More records than tasks are a fault by themselves.
  const named = new Set(result.records.slice(0, own).map(({ block }) => block))
  const blockHashes = await hashesOf([...named].filter((block) => block >= begunBlock && block <= submittedBlock))
  const faults = checkResult(result, {
    lease,
    provider: terms.provider,
    terms: jobTerms,
    replicas,
    index: terms.index,
    outputBytes,
    root,
    begunBlock,
    submittedBlock,
    blockHashes,
    progress,
  })
  return faults.slice(0, MOST_TOLD).map(faultText)
}
