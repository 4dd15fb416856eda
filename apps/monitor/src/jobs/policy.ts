import { tasksOfReplica } from '@tender/protocol'
import { type DrawnJob, tasksToJudge } from './drawnJob.ts'
import type { JobsConfig } from './jobsConfig.ts'

/** Most tasks of one job: what one verdict tells. */
const MOST_TASKS = 2_000
const HOUR = 3_600

/**
 * Why a job is not worth judging, or too large; `undefined` if it is taken. How long its tasks take is guessed from the machine
 * time that the tenant paid for. Pure.
 */
export function declineReason(
  job: DrawnJob,
  { mostSeconds, leastFeePerHour }: Pick<JobsConfig, 'mostSeconds' | 'leastFeePerHour'>,
): string | undefined {
  const { terms, end, jobTerms, replicas, validators } = job
  const tasks = tasksToJudge(job).length
  const share = tasksOfReplica(jobTerms.tasks, replicas, terms.index).length
  if (tasks > MOST_TASKS) return `${tasks} tasks are to be run again, the most is ${MOST_TASKS}`
  const seconds = Math.ceil(((end - terms.start) * tasks) / Math.max(1, share))
  if (seconds > mostSeconds) return `running ${tasks} tasks again may take ${seconds} s, the most is ${mostSeconds} s`
  const fee = jobTerms.verifyFee / BigInt(Math.max(1, validators.length))
  if (fee * BigInt(HOUR) < leastFeePerHour * BigInt(seconds)) {
    return `it pays ${fee} for ${seconds} s of running again, less than ${leastFeePerHour} an hour`
  }
  return undefined
}
