import { type Hex, zeroHash } from 'viem'
import type { JobTerms } from '../messages.ts'
import { tasksOfReplica } from './share.ts'
import type { JobResult, TaskRecord } from './taskRecord.ts'
import { progressRoot, resultRoot, watermark } from './watermark.ts'

/** What the chain says of a job, against which its result is checked. */
export type JobFacts = {
  lease: Hex
  provider: bigint
  terms: Pick<JobTerms, 'tasks'>
  /** How many leases share the tasks, and which of them this one is. */
  replicas: number
  index: number
  /** Most bytes of one task's output, see the manifest's `job.outputBytes`. */
  outputBytes: number
  /** What was submitted. */
  root: Hex
  /** Blocks of `begin` and of `submit`: no block of a record lies outside of them. */
  begunBlock: number
  submittedBlock: number
  /** The chain's blocks that the records name, by number; one that is absent is unknown. */
  blockHashes: ReadonlyMap<number, Hex>
  /** What the `progress` events say, in the order in which they were posted, see `progressRoot`. */
  progress: readonly Hex[]
}

/** Something in a result that an honest provider never has. */
export type ResultFault =
  | { fault: 'otherLease'; lease: Hex; provider: bigint }
  | { fault: 'missingTask'; task: number }
  | { fault: 'duplicateTask'; task: number }
  | { fault: 'foreignTask'; task: number }
  | { fault: 'unknownBlock'; task: number; block: number }
  | { fault: 'blockOutside'; task: number; block: number }
  | { fault: 'blockFalls'; task: number; block: number }
  | { fault: 'outputTooLarge'; task: number; outputBytes: number }
  | { fault: 'wrongRoot'; root: Hex }
  | { fault: 'progressNotPrefix'; root: Hex }

/**
 * Everything that is wrong with a result by its records alone, before any task is executed again; empty if nothing is. A faulty
 * result has failed. A chain that was broken (a record changed, moved or taken out) shows as `wrongRoot`, since each watermark
 * holds the one before it.
 *
 * @example
 * checkResult(result, facts) // [{ fault: 'missingTask', task: 4 }]
 */
export function checkResult(result: JobResult, facts: JobFacts): readonly ResultFault[] {
  const { lease, provider, records } = result
  const foreign = lease !== facts.lease || provider !== facts.provider
  return [
    ...(foreign ? [{ fault: 'otherLease', lease, provider } as const] : []),
    ...shareFaults(records, facts),
    ...records.flatMap((record, at) => recordFaults(record, records[at - 1], facts)),
    ...chainFaults(records, facts),
  ]
}

/** The chain is made of the facts' own lease and provider: what was made for others has another root. */
function chainFaults(records: readonly TaskRecord[], facts: JobFacts): ResultFault[] {
  const marks: Hex[] = []
  for (const record of records) marks.push(watermark(record, facts, marks.at(-1) ?? zeroHash))
  const root = resultRoot(marks)
  const faults: ResultFault[] = root === facts.root ? [] : [{ fault: 'wrongRoot', root }]
  return [...faults, ...progressFaults(marks, facts.progress)]
}

/** Each is the last watermark of a prefix, and never of a shorter one than that before. */
function progressFaults(marks: readonly Hex[], progress: readonly Hex[]): ResultFault[] {
  const places = new Map(marks.map((mark, place) => [mark, place]))
  let last = 0
  for (const root of progress) {
    const place = root === progressRoot([]) ? 0 : (places.get(root) ?? -1)
    if (place < last) return [{ fault: 'progressNotPrefix', root }]
    last = place
  }
  return []
}

function shareFaults(records: readonly TaskRecord[], { terms, replicas, index }: JobFacts): ResultFault[] {
  const own = new Set(tasksOfReplica(terms.tasks, replicas, index))
  const seen = new Set<number>()
  const faults: ResultFault[] = []
  for (const { task } of records) {
    if (!own.has(task)) faults.push({ fault: 'foreignTask', task })
    else if (seen.has(task)) faults.push({ fault: 'duplicateTask', task })
    seen.add(task)
  }
  const missing = [...own].filter((task) => !seen.has(task))
  return [...faults, ...missing.map((task): ResultFault => ({ fault: 'missingTask', task }))]
}

function recordFaults(record: TaskRecord, before: TaskRecord | undefined, facts: JobFacts): ResultFault[] {
  const { task, block, blockHash, outputBytes } = record
  const faults: ResultFault[] = []
  if (block < facts.begunBlock || block > facts.submittedBlock) faults.push({ fault: 'blockOutside', task, block })
  else if (facts.blockHashes.get(block) !== blockHash) faults.push({ fault: 'unknownBlock', task, block })
  if (before && block < before.block) faults.push({ fault: 'blockFalls', task, block })
  if (outputBytes > facts.outputBytes) faults.push({ fault: 'outputTooLarge', task, outputBytes })
  return faults
}
