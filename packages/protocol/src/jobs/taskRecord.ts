import type { Hex } from 'viem'
import { z } from 'zod'
import { MAX_TASKS } from '../manifest/jobSchemas.ts'
import { bytes32Schema, uintBigint, uintNumber } from '../schemas.ts'

/** Largest `result.json`: a record takes some 300 bytes. */
export const MAX_RESULT_BYTES = 64 * 1024 * 1024

/** Name of the file in a result's directory that holds the {@link JobResult}; outputs lie beside it, see {@link outputPath}. */
export const RESULT_FILE = 'result.json'

/** What a provider says of one task that it ran. */
export type TaskRecord = {
  /** Which of the job's tasks, from 0. */
  task: number
  /** Exit code of the program; 0 to 255. */
  exit: number
  /** sha2-256 digest of the root CID of the output's directory. */
  output: Hex
  /** Size of the output's files together. */
  outputBytes: number
  /** A block that was new when the task was done. */
  block: number
  blockHash: Hex
}

/** What a provider delivers for one lease, in the order in which its tasks were done. */
export type JobResult = {
  version: 1
  lease: Hex
  provider: bigint
  records: readonly TaskRecord[]
}

export const taskRecordSchema = z.strictObject({
  task: z
    .int()
    .min(0)
    .max(MAX_TASKS - 1),
  exit: z.int().min(0).max(255),
  output: bytes32Schema,
  outputBytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  block: uintNumber(48),
  blockHash: bytes32Schema,
}) satisfies z.ZodType<TaskRecord>

export const jobResultSchema = z.strictObject({
  version: z.literal(1),
  lease: bytes32Schema,
  provider: uintBigint(64),
  records: z.array(taskRecordSchema).max(MAX_TASKS),
}) satisfies z.ZodType<JobResult>

/** Where a task's output lies in the directory of the result. */
export function outputPath(task: number): string {
  return `outputs/${task}`
}
