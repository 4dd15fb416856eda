import type { JobFacts } from './decideJob.ts'
import { deadlineOf, type JobRecord, tasksOf } from './jobRecord.ts'

/** A tenant that gives its bundle slower than this is taken for gone. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024

/** What is decided from, out of a job's record and the number of its finished tasks. Pure. */
export function jobFactsOf(record: JobRecord, done: number): JobFacts {
  const { chain, terms, manifest, bundled, failed, progress, rolledBackFrom, result, endedAt } = record
  return {
    chain,
    start: terms.start,
    startWindowSeconds: terms.startWindow,
    deadline: deadlineOf(record),
    hasManifest: manifest !== undefined,
    bundleSeconds: Math.ceil((manifest?.brief.job?.bundleBytes ?? 0) / SLOWEST_BYTES_PER_SECOND),
    bundled: bundled === true,
    failed: failed !== undefined,
    tasks: tasksOf(record).length,
    done,
    progress: progress ?? { tasks: 0, at: terms.start },
    rolledBack: rolledBackFrom !== undefined,
    published: result !== undefined,
    endedAt,
  }
}
