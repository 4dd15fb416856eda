import { checkResult, type JobResult, type ResultFault } from '@tender/protocol'
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
  const named = new Set(result.records.map(({ block }) => block))
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

function faultText(fault: ResultFault): string {
  switch (fault.fault) {
    case 'otherLease':
      return `the result is of lease ${fault.lease} and provider ${fault.provider}`
    case 'missingTask':
      return `task ${fault.task} was not done`
    case 'duplicateTask':
      return `task ${fault.task} is there twice`
    case 'foreignTask':
      return `task ${fault.task} is not one of this lease's`
    case 'unknownBlock':
      return `task ${fault.task} names a hash that block ${fault.block} does not have`
    case 'blockOutside':
      return `task ${fault.task} names block ${fault.block}, outside of the time in which it was to be done`
    case 'blockFalls':
      return `task ${fault.task} names block ${fault.block}, older than the one before it`
    case 'outputTooLarge':
      return `the output of task ${fault.task} has ${fault.outputBytes} bytes, more than it may`
    case 'wrongRoot':
      return `the records lead to the root ${fault.root}, which is not what was submitted`
    case 'progressNotPrefix':
      return `the progress ${fault.root} is of no beginning of the records`
  }
}
